"""Pixels on disk and what they show."""
