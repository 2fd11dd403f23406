"""Networks of both stages."""
