"""Reading the networks in the folder of a whole cascade; code in a file is never executed."""

from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.run.trained import Trained, check_finite, described, upgraded
from mitosis.run.weights_folder import FILE, FORMAT, KIND_OF


def table_of(folder: Path) -> dict[str, Any]:
    """The content of ``cascade.json``; ``InputError`` if there is none, or one of another format."""
    table = folder / FILE
    content = read_json(table)
    if not content:
        remedy = "give a folder that python -m mitosis.combine wrote, or segmenter=RUN"
        raise InputError(f"weights={folder}: no {FILE} there; {remedy}")
    if content.get("format") != FORMAT:
        found = f"{table} has format {content.get('format')}; this version reads format {FORMAT}"
        raise InputError(f"{found}; make it anew with python -m mitosis.combine")
    return content


def patients_in(folder: Path) -> set[str]:
    """The patients that a cascade's networks were trained on; ``InputError`` as ``table_of``, or if it names none."""
    about = table_of(folder).get("about")
    patients = about.get("patients") if isinstance(about, dict) else None
    if not isinstance(patients, list):
        raise InputError(f"{folder / FILE} does not name the patients of the training; run mitosis.combine anew")
    return set(map(str, patients))


def first_member(folder: Path, kind: str) -> Trained:
    """The first network of a kind of stage in a folder; ``InputError`` if it holds none, or it cannot be used."""
    networks = table_of(folder).get("networks")
    for network in networks if isinstance(networks, list) else []:
        stage, trained = member(network, folder)
        if KIND_OF[stage] == kind:
            return trained
    raise InputError(f"{folder / FILE} lists no network of {kind}; give another folder, or a run")


def member(network: Any, folder: Path) -> tuple[str, Trained]:
    """The stage and the network that an entry of ``cascade.json`` describes; ``InputError`` if it cannot be used."""
    table = folder / FILE
    keys = ("file", "stage", "recipe", "chosen", "mpp", "steps", "fields")
    if not isinstance(network, dict):
        raise InputError(f"{table} lists a network that is no table; it was not written by this package")
    if missing := [key for key in keys if key not in network]:
        raise InputError(f"{table} lists a network without {missing[0]}; it was not written by this package")
    name = network["file"]
    if not isinstance(name, str) or not name.endswith(".safetensors") or Path(name).name != name:
        raise InputError(f"{table}: {name} is no file beside it; a network lies in the same folder")
    if network["stage"] not in KIND_OF:
        raise InputError(f"{table}: {name} is of stage {network['stage']}, not {' or '.join(KIND_OF)}")
    path = folder / name
    try:
        state = {key: value.float() if value.is_floating_point() else value for key, value in _load(path).items()}
    except (OSError, safetensors.SafetensorError) as error:
        raise InputError(f"{path} is not a readable safetensors file ({error})") from error
    check_finite(state, path)
    trained = described(network, upgraded(network["recipe"], path), state, path)
    trained.check_usable()
    return network["stage"], trained


def _load(path: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load(path.read_bytes())
