"""Processes: which one this is, its memory, its end."""
