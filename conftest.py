pytest_plugins = [
    "runner.pytest_plugin.options",
    "runner.pytest_plugin.browser_restart",
    "runner.pytest_plugin.lines",
    "runner.pytest_plugin.plugin",
    "fixtures.run",
    "fixtures.browsers",
    "fixtures.people",
    "fixtures.webdriver",
    "fixtures.data",
    "fixtures.access",
    "fixtures.set_up",
    "fixtures.visitors",
]
