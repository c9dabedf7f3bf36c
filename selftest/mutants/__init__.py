"""What a stranger breaks, a line tells: the real plugin is changed in one place at a time, and the tests judge it."""
