"""Stand-in for Moodle 4.5.6 with the S3 Video submission plugin: same addresses, forms and hooks, own pages."""
