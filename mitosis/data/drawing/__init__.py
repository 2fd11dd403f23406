"""Fields drawn by a random generator: cells, stroma, mitoses and look-alikes in two stains."""
