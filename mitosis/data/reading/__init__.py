"""Turns a dataset's files into records."""
