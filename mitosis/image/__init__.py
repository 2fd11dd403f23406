"""Reads image files and whole slides, and detects tissue in them."""
