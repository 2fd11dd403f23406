"""Changes of colour and sharpness as between laboratories and scanners, on tissue that a view has already turned."""

import cv2
import numpy as np

from mitosis.image.optical_density import recolour

# Optical densities of R, G, B of hematoxylin and eosin (Ruifrok & Johnston 2001), then each of length 1.
RUIFROK = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
STAINS = RUIFROK / np.linalg.norm(RUIFROK, axis=1, keepdims=True)


class RobustAugment:
    """Changes the stains, contrast, sharpness, noise and JPEG compression of an image, and leaves its geometry.

    For views that turn, mirror and scale their samples themselves (``view=turned_tiles``, ``view=turned_crops``).

    Args:
        stain: Half-width of the range around 1 of the factor on each stain's amount, and of the residual's.
        shift: Half-width of the range of a shift of each stain's amount, in natural optical density.
        tint: Half-width of the range around 1 of a gain of each colour channel.
        blur: Probability of a Gaussian blur of σ 0.3–1.2 px.
        noise: Probability of Gaussian noise of σ 2–6 grey levels.
        compression: Probability of JPEG compression of quality 50–95, with a slight blur of the chroma.

    Source:
        Tellez et al. 2018 (stain augmentation), with other amounts, and the residual varied as well.
    """

    def __init__(
        self,
        stain: float = 0.25,
        shift: float = 0.05,
        tint: float = 0.06,
        blur: float = 0.3,
        noise: float = 0.3,
        compression: float = 0.4,
    ) -> None:
        self.stain, self.shift, self.tint = stain, shift, tint
        self.blur, self.noise, self.compression = blur, noise, compression

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Augment an image; the result depends only on the arguments.

        Args:
            image: (H, W, 3) uint8 RGB.
            mask: (H, W) uint8, or None; returned as it is.
            seed: Any int ≥ 0.

        Returns:
            (image, mask) of the same shapes.
        """
        rng = np.random.default_rng(seed)
        image = self._stained(image, rng)
        if rng.random() < self.blur:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.2))
        if rng.random() < self.noise:
            noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(2, 6))
            image = np.clip(image + noise, 0, 255).round().astype(np.uint8)
        if rng.random() < self.compression:
            image = _compressed(image, int(rng.integers(50, 96)), float(rng.uniform(0, 0.8)))
        return image, mask

    def _stained(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        factors = rng.uniform(-self.stain, self.stain, 2)
        offsets = rng.uniform(-self.shift, self.shift, 2)
        residual = rng.uniform(-self.stain, self.stain)
        unmix = np.linalg.pinv(STAINS)
        matrix = np.eye(3) + unmix * factors @ STAINS + residual * (np.eye(3) - unmix @ STAINS)
        matrix = matrix * rng.uniform(1 - self.tint, 1 + self.tint, 3)
        return recolour(image, matrix, offsets @ STAINS)


def _compressed(image: np.ndarray, quality: int, chroma: float) -> np.ndarray:
    """JPEG with the chroma blurred by σ ``chroma`` px beforehand: lossless and compressed sources then look alike."""
    if chroma > 0.2:
        ycc = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
        ycc[..., 1:] = cv2.GaussianBlur(ycc[..., 1:], (0, 0), chroma)
        image = cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB)
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(decoded[..., ::-1])
