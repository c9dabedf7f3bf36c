pytest_plugins = [
    "runner.run",
    "runner.lines",
    "fixtures.run",
    "fixtures.browsers",
    "fixtures.people",
    "fixtures.data",
    "fixtures.access",
]
