"""Mitotic figures per area: density, hotspots, and the mitotic component of the Nottingham grade. For research only."""
