"""A run for other programs: JUnit, CTRF, and the Markdown and annotations of a job."""
