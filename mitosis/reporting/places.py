"""Where the scored candidates of an evaluated run lie; ``scores.csv`` holds no coordinates."""

import numpy as np

from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.reporting.evaluated import Evaluated


def read_places(run: Evaluated) -> dict[str, np.ndarray]:
    """Test field → (n, 2) x, y in pixels of its candidates, in the order of their scores in ``run.fields``.

    Raises:
        InputError: ``found.json`` is missing, as in runs that an earlier version evaluated, or is of other candidates.
    """
    path = run.folder / "found.json"
    found = read_json(path).get("fields", {})
    places: dict[str, np.ndarray] = {}
    for field in run.fields:
        points = np.array(found.get(field.field, {}).get("points", ()), dtype=np.float64).reshape(-1, 2)
        if any(len(scores) != len(points) for scores in field.scores.values()):
            remedy = f"remove {run.folder / 'evaluation.json'} and evaluate the run again"
            raise InputError(f"{path} does not hold the candidates of {field.field} that scores.csv lists; {remedy}")
        places[field.field] = points
    return places
