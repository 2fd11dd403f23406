"""Opening another dataset than that of the training, to test finished networks on."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mitosis.data.fold.lists import ALL
from mitosis.data.other import OtherData, as_test, patients_of
from mitosis.errors import InputError
from mitosis.run.assembly import open_data, reopen_data
from mitosis.run.folder import data_roots
from mitosis.run.trained import Trained


def open_other(networks: Sequence[Trained], config: dict[str, Any], run: Path | None) -> OtherData:
    """The dataset that ``config["data"]`` describes, in the stain of the networks.

    Args:
        networks: All networks that are tested; the first is a segmenter.
        config: The configuration of ``evaluate``, in which a dataset is chosen.
        run: The segmenter's run folder, from which the patients of its training are known; None: they are not.

    Raises:
        InputError: The dataset cannot be opened.
    """
    unset = [key for key in ("root", "sets") if not config["data"].get(key)]  # evaluate has them, not every dataset
    description = {key: value for key, value in config["data"].items() if key not in unset}
    limit = description.pop("limit", None)
    data = open_data({"data": description, "stain": networks[0].recipe["stain"]}, fold=ALL)
    fields = {name for one in networks for part in (one.fields or {}).values() for name in part}
    return as_test(data, fields, _trained_patients(networks[0], run, fields), limit)


def _trained_patients(segmenter: Trained, run: Path | None, fields: set[str]) -> set[str]:
    """The patients of the fields that were trained on; empty, with a warning, where that data is not here."""
    try:
        if run is None:
            raise InputError("a combined cascade does not know them")
        patients = patients_of(reopen_data(segmenter.recipe, run, data_roots(run, {})))
    except (InputError, OSError) as error:
        warnings.warn(
            f"the patients of the training are not known here ({error}); only fields of the same name are left out",
            stacklevel=2,
        )
        return set()
    return {patient for name, patient in patients.items() if name in fields}
