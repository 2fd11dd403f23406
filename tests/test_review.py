"""From a review back to training: what a reader corrected, saved from the pages, is learned by stage two."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import CHROMIUM, open_page
from PIL import Image

from mitosis.data.drawing.field import Drawn, draw_field
from mitosis.label.geojson import CLASSES
from mitosis.output.table import detections_of, read_rows

MPP, NEAR = 0.25, 20
"""µm per pixel, and pixels within which a candidate is at a cell: 5 µm."""
SAVE = """
URL.createObjectURL = (blob) => { seen.blob = blob; return "#"; };
HTMLAnchorElement.prototype.click = () => {};
const truth = TRUTH;
for (const item of items) decide(item, truth.some(([x, y]) => Math.hypot(x - item.x, y - item.y) <= NEAR));
document.getElementById("save-geojson").click();
seen.text = await seen.blob.text();
seen.was = given.detections.filter((row) => row[3]).length;
"""


def fields(folder: Path, cases: range, size: int) -> dict[str, Drawn]:
    """Drawn fields as PNG, by file name."""
    folder.mkdir()
    drawn = {f"f{case}.png": draw_field(seed=0, case=case, index=0, size=size) for case in cases}
    for name, one in drawn.items():
        Image.fromarray(one.image).save(folder / name)
    return drawn


def mitoses(drawn: Drawn) -> np.ndarray:
    return np.array([figure.centroid for figure in drawn.figures])


def scores(table: Path, drawn: dict[str, Drawn]) -> tuple[np.ndarray, np.ndarray]:
    """The scores of the candidates at mitoses, and of those at look-alikes."""
    rows = read_rows(table)
    found: tuple[list[float], list[float]] = ([], [])
    for name, one in drawn.items():
        detections = detections_of([row for row in rows if row[0] == name], MPP)
        for group, points in zip(found, (mitoses(one), one.hard_negatives), strict=True):
            distance = np.hypot(*(detections.points[:, None] - points[None]).transpose(2, 0, 1))
            group.extend(detections.scores[distance.min(axis=1) <= NEAR])
    return np.array(found[0]), np.array(found[1])


def reviewed(text: str, truth: np.ndarray) -> str:
    """What the page saves, where there is no browser."""
    content: dict[str, Any] = json.loads(text)
    for one in content["features"]:
        if one["properties"]["objectType"] == "detection":
            x, y = np.mean(one["geometry"]["coordinates"][0][:-1], axis=0) - 0.5
            near = bool((np.hypot(*(truth - (x, y)).T) <= NEAR).any())
            one["properties"]["classification"] = CLASSES[near]
    return json.dumps(content)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_rejected_look_alikes_score_lower_on_fields_that_nobody_reviewed(
    cli: Callable[..., Any], tmp_path: Path
) -> None:
    own, unseen = fields(tmp_path / "own", range(3), 768), fields(tmp_path / "unseen", range(10, 12), 768)
    assert cli("predict", "input=own", "output=out", f"mpp={MPP}", "overlay=false").code == 0
    (tmp_path / "reviewed").mkdir()
    for name, one in own.items():
        if CHROMIUM is None:
            text = reviewed((tmp_path / "out" / "geojson" / f"{name}.geojson").read_text(), mitoses(one))
        else:
            actions = SAVE.replace("TRUTH", json.dumps(mitoses(one).tolist())).replace("NEAR", str(NEAR))
            seen = open_page(tmp_path / "out" / "report" / f"{name}.html", actions)
            assert seen["errors"] == []
            text = seen["text"]
        (tmp_path / "reviewed" / f"{name}.geojson").write_text(text)

    ended = cli("convert", "input=reviewed", "output=labels.csv", "to=points")
    assert ended.code == 0, ended.err
    labels = (tmp_path / "labels.csv").read_text()
    assert labels.count(",mitosis") >= 30
    assert labels.count(",non-mitosis") >= 30

    typed = ("experiment=review", "data.root=own", "data.labels=../reviewed", f"data.mpp={MPP}", "max_steps=50")
    ended = cli("train", *typed, "data.case=name")
    assert ended.code == 0, ended.err
    (run,) = (path.parent for path in (tmp_path / "runs").rglob("recipe.yaml"))
    assert "nothing to do" in cli("train", *typed, "data.case=name").out

    common = ("input=unseen", f"mpp={MPP}", "overlay=false")
    assert cli("predict", *common, "output=before").code == 0
    ended = cli("predict", *common, "output=after", "weights=shipped", f"classifier={run}")
    assert ended.code == 0, ended.err
    assert "measured with another stage two" in ended.out
    before, after = (scores(tmp_path / name / "candidates.csv", unseen) for name in ("before", "after"))
    assert len(before[1]) > 10
    assert after[1].mean() < before[1].mean()
    assert after[0].mean() - after[1].mean() > before[0].mean() - before[1].mean(), "mitoses fall less"
