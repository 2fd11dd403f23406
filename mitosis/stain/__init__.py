"""Stain normalisation of whole fields."""
