"""What stage two of a cascade looks at around the candidates of an image."""

from dataclasses import asdict

import numpy as np
import torch
from torch.nn.functional import interpolate

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.networks import symmetries, tensor_of, turned_back
from mitosis.inference.crop import crop
from mitosis.inference.heat import heat
from mitosis.output.page.heat import Heat

SIDE = 32
"""Side of a heat map in pixels, to which the few cells of a network's maps are smoothed."""


def heat_of(cascade: Cascade, image: np.ndarray, *, mpp: float, name: str) -> Heat:
    """Heat maps of places of an image, averaged over the networks and symmetries that a score is averaged over.

    Each costs one pass of all these through stage two, as the score did, and a part of one backwards.

    Args:
        cascade: The trained networks, with a classifier.
        image: (H, W, 3) uint8 RGB.
        mpp: µm per pixel of the image.
        name: Name of the image in error messages.
    """
    assert cascade.classifier is not None
    normalised, settings = cascade.normalised(image, mpp=mpp, name=name), cascade.classifier.crop
    count = cascade.decision.symmetries if cascade.decision else 1

    def at(x: float, y: float) -> np.ndarray:
        pixels = crop(normalised, (x, y), mpp=mpp, **asdict(settings))
        crops = torch.cat(list(symmetries(tensor_of(pixels)[None].to(cascade.device), count)))
        maps = [turned_back(heat(one.model, crops)) for one in cascade.classifiers]
        smooth = [interpolate(one[None, None], (SIDE, SIDE), mode="bicubic")[0, 0] for one in maps]
        return torch.stack(smooth).mean(dim=0).cpu().numpy()

    return Heat(settings.side_um, at)
