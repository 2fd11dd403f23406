"""Fields drawn by hand of a random generator: cells, stroma, mitoses and look-alikes in two stains."""
