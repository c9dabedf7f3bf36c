"""Stand-in for assignsubmission_s3video 1.0.0: same addresses, parameters and hooks; correct where 1.0.0 is not."""
