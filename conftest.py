pytest_plugins = [
    "runner.lines",
    "runner.options",
    "runner.plugin",
    "fixtures.run",
    "fixtures.browsers",
    "fixtures.people",
    "fixtures.data",
    "fixtures.access",
    "fixtures.set_up",
    "fixtures.visitors",
]
