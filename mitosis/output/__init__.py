"""Writing detections as tables and pictures."""
