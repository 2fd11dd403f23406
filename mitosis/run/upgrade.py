"""Recipes of earlier versions in today's words."""

from typing import Any


def upgrade(recipe: dict[str, Any]) -> dict[str, Any]:
    return recipe
