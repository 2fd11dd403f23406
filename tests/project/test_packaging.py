"""The lock file and the wheel."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from mitosis.data.drawing.field import draw_field
from mitosis.version import DISTRIBUTION

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [ROOT / name for name in ("requirements.lock", "requirements-uv.lock", "requirements-docs.lock")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_the_lock_has_hashes_and_no_urls(lock: Path):
    text = lock.read_text(encoding="utf-8")
    pins = re.findall(r"^[a-zA-Z0-9_.-]+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text
    assert "index" not in re.sub(r"#.*", "", text)


def test_the_lock_installs_one_headless_opencv():
    names = re.findall(r"^(opencv[a-z-]*)==", LOCKS[0].read_text(encoding="utf-8"), re.MULTILINE)
    assert set(names) == {"opencv-python-headless"}


def test_the_lock_contains_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    locked = set(re.findall(r"^([a-z0-9_.-]+)==", LOCKS[0].read_text(encoding="utf-8"), re.MULTILINE))
    assert {re.split(r"[<>=!~[]", name)[0] for name in wanted} <= locked


def test_messages_and_version_name_the_distribution():
    name = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    assert name == DISTRIBUTION
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "mitosis").rglob("*.py"))
    assert set(re.findall(r"pip install '([^'\[]+)", sources)) == {name}


@pytest.mark.slow
def test_the_wheel_contains_the_configuration(tmp_path: Path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    shipped = {path.relative_to(ROOT / "conf") for path in (ROOT / "conf").rglob("*.yaml")}
    carried = tmp_path / "site" / "mitosis" / "conf"
    assert {path.relative_to(carried) for path in carried.rglob("*.yaml")} == shipped
    assert list((tmp_path / "site" / "mitosis" / "data" / "fold").glob("*.csv"))
    assert (tmp_path / "site" / "hydra_plugins" / "mitosis_optuna.py").is_file()
    assert (tmp_path / "site" / "mitosis" / "py.typed").is_file()
    (scripts,) = (tmp_path / "site").glob("mitosis_cascade-*.dist-info/entry_points.txt")
    assert "mitosis = mitosis.cli.main:main" in scripts.read_text()
    shown = subprocess.run(
        [sys.executable, "-m", "mitosis.train", "data=synthetic", "--cfg", "job"],
        cwd=tmp_path / "site",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "mitosis.model.SCMitosisSeg" in shown.stdout
    Image.fromarray(draw_field(seed=0, case=17, index=0, size=256).image).save(tmp_path / "field.png")
    predict = [sys.executable, "-m", "mitosis.predict", f"input={tmp_path / 'field.png'}", "output=out", "mpp=0.25"]
    subprocess.run(predict, cwd=tmp_path / "site", capture_output=True, check=True)
    assert (tmp_path / "site" / "out" / "detections.csv").is_file(), "with the weights that the wheel carries"
    assert (tmp_path / "site" / "out" / "report" / "field.png.html").is_file(), "with the page's own files"
