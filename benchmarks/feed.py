"""Augmented tiles and crops against the training step that eats them: ``python benchmarks/feed.py``.

The views of the three recipes with their augmentation, on drawn fields in memory, in this process, one after another.
Prints how many samples each yields in a second; a worker beside the training yields as many on a core of its own.
"""

import time

import torch
from alternating import QUICK

from mitosis.cli.compose import compose
from mitosis.run.assembly import build_data

SAMPLES = 32 if QUICK else 256
RECIPES = {
    "tiles of 256 px, augment=scmitosis": ["model=scmitosis_seg"],
    "tiles of 256 px, augment=robust": ["model=scmitosis_seg", "augment=robust"],
    "turned tiles of 128 px, augment=robust": ["model=lite_fpn"],
    "turned crops of 128 px, augment=robust": ["model=efficientnet_lite0"],
}
"""What is measured → the overrides of ``train``."""


def main() -> None:
    torch.set_num_threads(1)
    print("; ".join(f"{name}: {rate(overrides):.0f}" for name, overrides in RECIPES.items()), "samples per second")


def rate(overrides: list[str]) -> float:
    """Samples per second of a recipe's training view, after one sample that is not counted."""
    config, _ = compose("train", [*overrides, "data=synthetic", "stain=none", "fold=0"])
    data = build_data(config | {"data": config["data"] | {"samples_per_epoch": SAMPLES + 1, "workers": 0}})
    samples = data.train_dataloader().dataset
    samples[0, 0]
    began = time.perf_counter()
    for index in range(SAMPLES):
        samples[0, index + 1]
    return SAMPLES / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
