"""The candidates in a probability map, as the recipe's ``candidate`` says."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from mitosis.inference.components import Candidates, CandidateSettings, extract
from mitosis.inference.peaks import FLOOR, find_peaks


def candidates_of(
    probability: Float[np.ndarray, "..."], settings: CandidateSettings, *, threshold: float, mpp: float
) -> Candidates:
    """Extract candidates by the method of the settings, and drop those at the edge of the map.

    Args:
        probability: (H, W) float in [0, 1].
        settings: The recipe's ``candidate``; its ``threshold`` is not used.
        threshold: Lowest probability of a candidate.
        mpp: µm per pixel of the map.

    Returns:
        The candidates, in pixels of the map.

    Raises:
        ValueError: As ``extract`` and ``find_peaks``.
    """
    if settings.method == "peaks":
        distances = {"sigma_um": settings.sigma_um, "radius_um": settings.radius_um}
        found = find_peaks(probability, threshold=threshold, mpp=mpp, **distances)
    else:
        found = extract(probability, threshold=threshold, min_area_um2=settings.min_area_um2, mpp=mpp)
    return found.away_from_edge(settings.edge_um / mpp) if settings.edge_um else found


def peaks_of(probability: Float[np.ndarray, "..."], settings: CandidateSettings, *, mpp: float) -> Candidates:
    """The local maxima by which networks are compared on val: from a low floor on, whatever the method."""
    return candidates_of(probability, replace(settings, method="peaks"), threshold=FLOOR, mpp=mpp)
