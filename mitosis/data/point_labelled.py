"""What datasets have in common whose mitoses are labelled by a point: a folder, and the disc that a point becomes."""

from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.reading.figure import check_radii


class PointLabelled(MitosisDataModule):
    """A dataset under a folder; a mitosis without pixels or outline of its own becomes a disc.

    Args:
        root: The folder; None: not set yet, reading raises ``InputError``.
        radius_um: Radius of the disc, in µm.
        ring_um: Outer radius of a ring round the disc that no loss counts, in µm; None: no ring.
        kwargs: As for ``MitosisDataModule``.

    Raises:
        InputError: ``check_radii`` refuses the radii.
    """

    def __init__(
        self, root: str | None = None, *, radius_um: float = 4.0, ring_um: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_radii(radius_um, ring_um)
        self.root, self.radius_um, self.ring_um = root, radius_um, ring_um
