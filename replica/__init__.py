"""Replica: an embedded staging stack (Moodle stand-in, S3 server, CDN edge), correct by definition."""
