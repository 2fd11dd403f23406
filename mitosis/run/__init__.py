"""A run: its name, its folder and the objects built for it."""
