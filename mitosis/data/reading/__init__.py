"""From a dataset's files to records."""
