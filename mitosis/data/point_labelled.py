"""The common base of datasets that annotate mitoses as points, which become discs."""

from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.reading.figure import check_radii


class PointLabelled(MitosisDataModule):
    """A dataset in a folder whose mitoses are annotated as points.

    A mitosis without pixels or an outline becomes a disc.

    Args:
        root: The folder. None leaves it unset; reading the records then raises ``InputError``.
        radius_um: Radius of the disc in µm.
        ring_um: Outer radius in µm of a ring around the disc that losses ignore. None means no ring.
        kwargs: As for ``MitosisDataModule``.

    Raises:
        InputError: A radius is not a positive number, or ``ring_um`` is not above ``radius_um``.
    """

    def __init__(
        self, root: str | None = None, *, radius_um: float = 4.0, ring_um: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_radii(radius_um, ring_um)
        self.root, self.radius_um, self.ring_um = root, radius_um, ring_um
