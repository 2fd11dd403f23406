"""Datasets: files become records, folds and the views a network trains on."""
