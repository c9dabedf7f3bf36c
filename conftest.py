pytest_plugins = [
    "runner.options",
    "runner.again",
    "runner.lines",
    "runner.plugin",
    "fixtures.run",
    "fixtures.browsers",
    "fixtures.people",
    "fixtures.data",
    "fixtures.access",
    "fixtures.set_up",
    "fixtures.visitors",
]
