"""A container of the MIDOG contests without docker: a miniature of its folders, and what its Dockerfile runs."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from two_stages import SteepDarkness, write_runs

ROOT = Path(__file__).resolve().parents[1]
RED, GREY = (90, 20, 20), (40, 40, 40)


def write(path: Path, mpp: float | None = 0.25) -> Path:
    """Pink tissue with a red square, a mitosis to these networks, and a grey one."""
    image = np.full((200, 300, 3), (215, 170, 205), np.uint8)
    image[50:62, 100:112], image[120:132, 200:212] = RED, GREY
    path.parent.mkdir(parents=True, exist_ok=True)
    dpi = {} if mpp is None else {"dpi": (25_400 / mpp,) * 2}
    Image.fromarray(image).save(path, **dpi)
    return path


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("MITOSIS_TRUST", "two_stages")
    return write_runs(tmp_path, SteepDarkness, window=64, overlap=16)


@pytest.mark.parametrize("slug", ["histopathology-roi-cropout", "histopathology-region-of-interest-cropout"])
def test_the_image_of_the_folder_becomes_points_in_mm(runs, cli: Callable[..., Any], tmp_path: Path, slug: str) -> None:
    image = write(tmp_path / "input" / "images" / slug / "a.tiff")
    (image.parent / "._a.tiff").write_bytes(b"what macOS leaves")
    ended = cli("contest", "input=input", "output=output", *runs)
    assert ended.code == 0, ended.err
    content = json.loads((tmp_path / "output" / "mitotic-figures.json").read_text())
    assert [path.name for path in (tmp_path / "output").iterdir()] == ["mitotic-figures.json"]
    assert content["type"] == "Multiple points"
    assert content["version"] == {"major": 1, "minor": 0}
    points = {one["name"]: one for one in content["points"]}
    assert points["mitotic figure"]["point"] == pytest.approx([105.5 * 0.25e-3, 55.5 * 0.25e-3, 0], abs=1e-6)
    assert points["non-mitotic figure"]["point"] == pytest.approx([205.5 * 0.25e-3, 125.5 * 0.25e-3, 0], abs=1e-6)
    assert points["mitotic figure"]["probability"] > 0.5 > points["non-mitotic figure"]["probability"]


def test_what_is_missing_is_one_line(runs, cli: Callable[..., Any], tmp_path: Path) -> None:
    def said() -> str:
        ended = cli("contest", "input=input", "output=output", *runs)
        assert (ended.code, ended.err.count("\n")) == (1, 1), ended.err
        assert not (tmp_path / "output" / "mitotic-figures.json").exists()
        return ended.err

    assert "input=input: no such folder" in said()
    place = tmp_path / "input" / "images" / "histopathology-roi-cropout"
    place.mkdir(parents=True)
    assert f"no .tif or .tiff in input/{place.relative_to(tmp_path / 'input')}" in said()
    write(place / "a.tif", mpp=None)
    assert "do not state their resolution" in said()
    write(place / "b.tif")
    assert "2 images, such as a.tif; a container is run for one" in said()
    (place / "a.tif").unlink()
    (place / "b.tif").write_bytes(b"")
    assert "b.tif: the file is empty" in said()


def test_the_container_runs_this_command_on_what_is_copied_into_it() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)[1])
    assert entry == ["python", "-m", "mitosis.contest", "input=/input", "output=/output"]
    copied = {word for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE) for word in line.split()}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)
