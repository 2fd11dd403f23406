"""Matching of detections to mitoses, and what is counted from it."""
