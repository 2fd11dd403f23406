"""Writing detections as tables, pictures, pages and files for other programs."""
