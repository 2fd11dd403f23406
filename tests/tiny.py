"""A segmenter's run that takes seconds: its overrides and its folder."""

from pathlib import Path

TINY = [
    *("model=scmitosis_seg", "budget=smoke", "budget.widths=[4,4,8,8]", "view.train.size=64", "view.train.jitter=16"),
    *("stain=none", "data.batch_size=4"),
]


def only_run(folder: Path) -> Path:
    """The folder of the only run below ``folder``."""
    (recipe,) = folder.rglob("recipe.yaml")
    return recipe.parent
