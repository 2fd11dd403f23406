"""Stain-normalised fields on disk."""
