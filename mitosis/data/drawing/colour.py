"""From concentrations to pixels: the case's stain vectors, the blur of the optics, the camera's noise."""

from dataclasses import dataclass

import cv2
import numpy as np

from mitosis.data.drawing.canvas import Canvas, Generator

# Absorption of red, green and blue, chosen to resemble breast cancer fields scanned by an Aperio XT.
HAEMATOXYLIN = (0.57, 0.70, 0.43)
EOSIN = (0.19, 0.85, 0.45)


@dataclass(frozen=True, eq=False)
class Stain:
    """How a case was stained and scanned.

    ``vectors``: (2, 3) float32, optical density at a concentration of 1; first row haematoxylin, second eosin.
    ``white``: (3,) float32, grey levels of bare glass. ``blur``: σ of the optics' Gaussian in µm. ``noise``: σ in grey
    levels.
    """

    vectors: np.ndarray
    white: np.ndarray
    blur: float
    noise: float


def stain_of_case(rng: Generator) -> Stain:
    """Draw a stain: hue (the vectors' direction), intensity (their length), white, blur and noise."""
    vectors = []
    for base, swing in ((HAEMATOXYLIN, 0.04), (EOSIN, 0.045)):
        vector = np.clip(np.array(base) + swing * rng.standard_normal(3), 0.04, None)
        vectors.append(vector / np.linalg.norm(vector) * rng.uniform(0.82, 1.2))
    return Stain(
        vectors=np.array(vectors, dtype=np.float32),
        white=(rng.uniform(240, 250) + rng.normal(0, 1.5, 3)).astype(np.float32),
        blur=rng.uniform(0.12, 0.24),
        noise=rng.uniform(1.0, 2.5),
    )


def develop(canvas: Canvas, stain: Stain, rng: Generator) -> np.ndarray:
    """Render a canvas, (size, size, 3) uint8 RGB: blur, the Beer-Lambert law, noise, chroma subsampling."""
    sigma = stain.blur / canvas.mpp
    concentrations = [cv2.GaussianBlur(each, (0, 0), sigma) for each in (canvas.haematoxylin, canvas.eosin)]
    density = np.stack(concentrations, axis=-1) @ stain.vectors
    image = stain.white * np.exp(-density)
    image += np.float32(stain.noise) * rng.standard_normal(image.shape, dtype=np.float32)
    # Colour at half the resolution of brightness, as JPEG stores it.
    coded = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    size = coded.shape[1::-1]
    half = cv2.resize(coded[..., 1:], (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
    coded[..., 1:] = cv2.resize(half, size, interpolation=cv2.INTER_LINEAR)
    image = cv2.cvtColor(coded, cv2.COLOR_YCrCb2RGB)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
