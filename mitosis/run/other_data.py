"""Opening another dataset than that of the training, to test finished networks on."""

import warnings
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from mitosis.data.fold.lists import ALL
from mitosis.data.other import OtherData, as_test, patients_of
from mitosis.errors import InputError
from mitosis.run.assembly import open_data, reopen_data
from mitosis.run.folder import data_roots
from mitosis.run.trained import Trained


def open_other(networks: Sequence[Trained], config: dict[str, Any], patients: Collection[str]) -> OtherData:
    """The dataset that ``config["data"]`` describes, in the stain of the networks.

    Args:
        networks: All networks that are tested; the first is a segmenter.
        config: The configuration of ``evaluate``, in which a dataset is chosen.
        patients: The patients of the training, as ``trained_patients`` names them.

    Raises:
        InputError: The dataset cannot be opened.
    """
    unset = [key for key in ("root", "sets") if not config["data"].get(key)]  # evaluate has them, not every dataset
    description = {key: value for key, value in config["data"].items() if key not in unset}
    limit = description.pop("limit", None)
    data = open_data({"data": description, "stain": networks[0].recipe["stain"]}, fold=ALL)
    return as_test(data, trained_fields(networks), patients, limit)


def trained_fields(networks: Sequence[Trained]) -> set[str]:
    """Names of the fields that the networks were trained or chosen on, as far as they say."""
    return {name for one in networks for part in (one.fields or {}).values() for name in part}


def trained_patients(segmenter: Trained, run: Path) -> set[str]:
    """The patients that a run was trained on; empty, with a warning, where its data is not here."""
    try:
        patients = patients_of(reopen_data(segmenter.recipe, run, data_roots(run, {})))
    except (InputError, OSError) as error:
        warnings.warn(
            f"the patients of the training are not known here ({error}); only fields of the same name are left out",
            stacklevel=2,
        )
        return set()
    return {patient for name, patient in patients.items() if name in trained_fields([segmenter])}
