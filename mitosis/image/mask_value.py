"""What a pixel of a mask can be."""

BACKGROUND, MITOSIS, IGNORED = 0, 1, 2
"""``IGNORED``: neither is claimed of it; no loss and no pixel score counts it."""
