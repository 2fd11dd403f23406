"""Reads and writes the label files of mitosis datasets."""
