pytest_plugins = [
    "fixtures.settings",
    "fixtures.run",
    "fixtures.lines",
    "fixtures.browsers",
    "fixtures.people",
    "fixtures.storage",
    "fixtures.submissions",
    "fixtures.load",
    "fixtures.gate",
    "fixtures.access",
    "fixtures.credentials",
]
