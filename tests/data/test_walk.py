"""Random combinations of datasets, views and folds: no case on two sides, every object in its image."""

import os
import random
import re
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import hydra
import pytest
from hydra import compose
from miniature import variants
from omegaconf import OmegaConf
from promise import check_items, check_objects, check_parts

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.reading.figure import figure_of
from mitosis.data.record import Record
from mitosis.data.view.candidate_table import CandidateRow, write_candidates
from mitosis.label import midog as midog_json
from mitosis.label.shape import inside
from mitosis.run.assembly import build_data
from mitosis.run.conf import CONF, words_of

MINIATURES = variants()
VIEWS = {
    "tiles": ["model=scmitosis_seg", "view.train.size=64", "view.train.jitter=16"],
    "whole": ["model=unet_mitosis"],
    "candidates": ["model=resnet34", "crop.pixels=32"],
}
SMALL = ["stain=none", "budget=smoke", "budget.fields=null", "budget.size=96"]


@pytest.fixture(scope="module", autouse=True)
def searched():
    """Initialise Hydra once for all compositions in this file."""
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        yield


@cache
def composed(command: str, *overrides: str) -> dict[str, Any]:
    config: Any = OmegaConf.to_container(compose(command, [*overrides, *SMALL]), resolve=True)
    return config


def dataset(
    name: str, root: Path, fold: str = "all", view: str = "tiles", half: int | None = None, **given: Any
) -> MitosisDataModule:
    """Built as in a training run; the candidates come from the folder ``run`` next to ``root``."""
    key, *settings = name.split()
    data = composed("prepare", f"data={key}", *(f"data.{setting}" for setting in settings))["data"]  # a small yaml
    placed = data | ({"root": str(root)} if "root" in data else {}) | {"samples_per_epoch": 4} | given
    if "sets" in data:
        placed["sets"] = {name: one | {"root": str(root / name)} for name, one in data["sets"].items()}
    config = composed("train", "data=synthetic", *VIEWS[view]) | {"data": placed, "fold": fold, "half": half}
    return build_data(config, [root.parent / "run"] if view == "candidates" else [])


def test_the_walk_covers_every_dataset() -> None:
    assert {name.split()[0] for name in MINIATURES} == set(words_of("data")), "no VARIANTS in tests/data/miniature/"


@pytest.mark.parametrize("name", MINIATURES)
def test_records_parts_and_views_keep_their_promises(name: str, tmp_path: Path) -> None:
    root, rng = tmp_path / "données [1]", random.Random(name)
    written = MINIATURES[name](root)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        records = dataset(name, root).records()
    check_objects(records)
    if written is not None:
        matches = [re.match(r"(\d+) .* outside", str(warning.message)) for warning in caught]
        assert [int(match[1]) for match in matches if match] == ([written.outside] if written.outside else [])
        assert sum(len(record.figures) + len(record.hard_negatives) for record in records) == written.inside
    write_candidates(tmp_path / "run/candidates.csv", proposals(records, rng))
    folds = sorted({*dataset(name, root).lists(records), "all"})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* outside their ")
        for view in rng.sample(sorted(VIEWS), 2):
            data = dataset(name, root, rng.choice(folds), view, rng.choice([None, 0, 1]))
            check_parts(data, records)
            check_items(data, view)


@pytest.mark.slow
@pytest.mark.parametrize("name", MINIATURES)
@pytest.mark.filterwarnings("ignore:.* outside their ")
def test_every_fold_of_every_view(name: str, tmp_path: Path) -> None:
    root = tmp_path / "data"
    MINIATURES[name](root)
    records = dataset(name, root).records()
    write_candidates(tmp_path / "run/candidates.csv", proposals(records, random.Random(0)))
    for fold in [*dataset(name, root).lists(records), "all"]:
        for view in VIEWS:
            for half in (None, 0, 1):
                data = dataset(name, root, fold, view, half)
                check_parts(data, records)
                check_items(data, view)


def test_the_real_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = real("icpr2012")
    data = dataset("icpr2012", root)
    records = data.records()
    check_objects(records)
    assert (len(records), sum(len(record.figures) for record in records)) == (35, 226)
    monkeypatch.setattr(type(data), "records", lambda self: records)
    for name in ("icpr2012", "icpr2012 folds=image"):
        for fold in dataset(name, root).lists(records):
            check_parts(dataset(name, root, fold), records)
    check_items(dataset("icpr2012", root, random.Random(0).choice("01234"), limit=2), "tiles")


def test_two_real_boxes_lie_outside_their_images() -> None:
    labels = midog_json.read(real("labels") / "midogpp/MIDOG++.json", range(151, 201))
    outside, cut = [], 0
    for cell in labels.annotations:
        size = labels.sizes[cell.image]
        assert size is not None
        assert cell.box is not None
        height, width = size
        left, top, right, bottom = cell.box
        if not inside(cell, size):
            outside.append(cell)
        elif left < 0 or top < 0 or right > width or bottom > height:
            figure, cut = figure_of(cell, size, mpp=0.25, radius_um=4.0), cut + 1
            assert figure is not None
            assert (figure.pixels >= 0).all()
            assert (figure.pixels < (width, height)).all()
    assert (len(labels.annotations), len(labels.sizes)) == (11_937 + 14_349, 503)
    assert len(outside) == 2
    assert cut > 100
    assert all(figure_of(cell, labels.sizes[cell.image], mpp=0.25, radius_um=4.0) is None for cell in outside)


def real(folder: str) -> Path:
    if not (data := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip(f"MITOSIS_REAL_DATA, the folder that holds {folder}/, is not set")
    return Path(data, folder)


def proposals(records: Sequence[Record], rng: random.Random) -> list[CandidateRow]:
    """For each field two places without a mitosis, and each mitosis twice: as a mitosis and as another part of it."""
    rows = []
    for record in records:
        places = [(rng.uniform(0, record.size[1]), rng.uniform(0, record.size[0]), 0) for _ in range(2)]
        places += [(x, y, label) for x, y in record.centroids for label in (1, -1)]
        rows += [CandidateRow(record.field, x, y, 9.0, 0.5, 0.6, label, "s", "unseen") for x, y, label in places]
    return rows
