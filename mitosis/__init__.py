"""Two-stage detection of mitotic figures in H&E-stained tissue."""
