"""The folder of a whole cascade: which one a word names, and which of its files holds a stage; without torch."""

from pathlib import Path

from mitosis.files import read_json
from mitosis.run.keys import CLASSIFICATION, SEGMENTATION

SHIPPED_WORD = "shipped"
SHIPPED = Path(__file__).resolve().parents[1] / "weights"
"""The weights of this package."""
FILE = "cascade.json"
FORMAT = 2
"""Format of ``FILE``; in format 1, a field's candidates moved each other's scores."""
KIND_OF = {"segmenter": SEGMENTATION, "classifier": CLASSIFICATION}
"""Stage of a network in ``cascade.json`` → ``stage.kind`` of its recipe."""


def weights_folder(given: object) -> Path | None:
    """The folder of a cascade that ``shipped`` or a path names; None if there is no cascade.

    Args:
        given: The value of a key such as ``init`` or ``weights``.
    """
    if not given:
        return None
    folder = SHIPPED if given == SHIPPED_WORD else Path(str(given)).expanduser()
    return folder if (folder / FILE).is_file() else None


def weights_file(folder: Path, kind: str) -> Path | None:
    """The file with the first network of a kind of stage in the folder of a cascade; None if its table names none."""
    networks = read_json(folder / FILE).get("networks")
    for network in networks if isinstance(networks, list) else []:
        if isinstance(network, dict) and KIND_OF.get(str(network.get("stage"))) == kind:
            return folder / Path(str(network.get("file"))).name
    return None
