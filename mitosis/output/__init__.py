"""Detections as files that people and programs read."""
