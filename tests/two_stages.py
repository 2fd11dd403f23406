"""Runs of two networks that anyone can check by eye: one measures darkness, the other redness."""

from pathlib import Path

import torch
import yaml
from torch import Tensor, nn

from mitosis import files
from mitosis.run.checkpoint import write


class Darkness(nn.Module):
    """The probability of a pixel is its darkness."""

    stride = 8

    def forward(self, image: Tensor) -> Tensor:
        return torch.logit(1 - image.mean(dim=1, keepdim=True), eps=1e-6)


class SteepDarkness(nn.Module):
    """The probability of a pixel is nearly 1 where it is darker than 0.4, and nearly 0 elsewhere."""

    stride = 8

    def forward(self, image: Tensor) -> Tensor:
        return 60 * (0.4 - image.mean(dim=1, keepdim=True))


class Redness(nn.Module):
    """A crop is a mitosis if its middle is red."""

    def forward(self, crops: Tensor) -> Tensor:
        red, _, blue = crops[:, :, 60:68, 60:68].mean(dim=(2, 3)).unbind(dim=1)
        logit = 20 * (red - blue - 30 / 255)
        return torch.stack([torch.zeros_like(logit), logit], dim=1)


def write_runs(
    folder: Path, darkness: type[nn.Module], *, window: int | str, overlap: int, edge_um: float = 0.0
) -> tuple[str, str]:
    """Write the runs; returns ``segmenter=…`` and ``classifier=…``. ``MITOSIS_TRUST`` must name this module."""
    tiling = {"mpp": None, "window": "auto", "overlap": overlap, "blend": "mean", "batch": 8, "max_pixels": 10**8}
    parts = {
        "segmenter": {
            "stage": {"kind": "segmentation"},
            "model": {"_target_": f"{__name__}.{darkness.__name__}"},
            "tiling": tiling,
            "candidate": {"threshold": "auto", "recall": 0.95, "min_area_um2": 6.25, "edge_um": edge_um},
        },
        "classifier": {
            "stage": {"kind": "classification"},
            "model": {"_target_": f"{__name__}.Redness"},
            "crop": {"side_um": 16.0, "pixels": 128, "border": "reflect"},
        },
    }
    for name, part in parts.items():
        recipe = part | {"stain": {"_target_": "mitosis.stain.none.NoStain"}}
        contents = {"recipe": recipe, "chosen": {"threshold": 0.5, "window": window}, "mpp": 0.25, "state_dict": {}}
        write(contents, folder / name / "checkpoints" / "best.ckpt")
        files.write_text(folder / name / "recipe.yaml", yaml.safe_dump(recipe))
    return f"segmenter={folder / 'segmenter'}", f"classifier={folder / 'classifier'}"
