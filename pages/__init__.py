"""Page objects: one class a Moodle page, one a widget on it. They know Moodle and the plugin, and no environment."""
