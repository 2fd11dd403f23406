"""Training a network on one fold."""
