pytest_plugins = [
    "runner.options",
    "runner.plugin",
    "runner.lines",
    "fixtures.run",
    "fixtures.browsers",
    "fixtures.people",
    "fixtures.data",
    "fixtures.access",
    "fixtures.set_up",
]
