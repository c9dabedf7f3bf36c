pytest_plugins = [
    "fixtures.run",
    "fixtures.lines",
    "fixtures.browsers",
    "fixtures.people",
    "fixtures.storage",
    "fixtures.submissions",
]
