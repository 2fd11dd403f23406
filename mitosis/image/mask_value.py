"""The possible values of a mask's pixels."""

BACKGROUND, MITOSIS, IGNORED = 0, 1, 2
"""``IGNORED``: neither mitosis nor background; losses and pixel scores leave these pixels out."""
