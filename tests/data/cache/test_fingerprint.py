"""Hashes of a field's sources: they change with the stain, its code, and the rings."""

import importlib
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mitosis.data.cache.fingerprint import Fingerprints
from mitosis.data.record import Circle, MitoticFigure, Record
from mitosis.stain.macenko import Macenko
from mitosis.stain.none import NoStain
from mitosis.stain.reinhard import Reinhard

STAIN = """
class Base:
    def __call__(self, image, name):
        return image

"""
OWN = """
from stain_of_base import Base

class Own(Base):
    pass
"""


def record(*figures: MitoticFigure) -> Record:
    return Record("a", partial(np.zeros, (2, 3, 3)), (2, 3), 0.25, "c", "s", "A", figures)


def image_hash(folder: Path, stain: Callable[[np.ndarray, str], np.ndarray]) -> str:
    return Fingerprints(folder, stain).image(record())


def test_mask_hashes_depend_on_the_rings(tmp_path: Path) -> None:
    pixels = np.array([[1, 0], [1, 1]], np.int32)

    def name(*rings: Circle | None) -> str:
        figures = tuple(MitoticFigure(pixels, ring) for ring in rings)
        return prints.mask(record(*figures))

    prints = Fingerprints(tmp_path, NoStain())
    one, other = Circle(1.0, 0.5, 2.0), Circle(1.0, 0.5, 3.0)
    names = [name(None), name(one), name(other), name(None, None), name(one, None), name(one, other), name()]
    assert len(set(names)) == len(names)
    assert name(one) == names[1]
    assert names[0] == "f25cb5a8bdfc90a446b016da63c57d7febacf520"  # unchanged since before masks had rings


def test_image_hashes_depend_on_the_stain_and_its_settings(tmp_path: Path) -> None:
    stains = [NoStain(), Reinhard(), Macenko(), Macenko(maxima=[2.0, 1.0]), Macenko(maxima=[1.0, 2.0])]
    names = [image_hash(tmp_path, stain) for stain in stains]
    assert len(set(names)) == len(names)
    assert image_hash(tmp_path, Macenko()) == names[2]


def own_stain(folder: Path, base: str, own: str) -> Any:
    """The stain defined by two modules with these sources, freshly imported."""
    for name, source in (("stain_of_base", base), ("stain_of_own", own)):
        (folder / f"{name}.py").write_text(source)
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    return importlib.import_module("stain_of_own").Own()


def test_image_hashes_depend_on_the_stains_code_even_if_its_result_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    first = image_hash(tmp_path, own_stain(tmp_path, STAIN, OWN))
    assert image_hash(tmp_path, own_stain(tmp_path, STAIN, OWN)) == first
    changed = STAIN.replace("return image", "return image if len(image) < 1000 else 255 - image")
    others = [image_hash(tmp_path, own_stain(tmp_path, *code)) for code in ((changed, OWN), (STAIN, OWN + "#"))]
    assert len({first, *others}) == 3


def test_image_hashes_depend_on_code_that_a_stain_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = image_hash(tmp_path, Macenko())
    monkeypatch.setattr("mitosis.stain.macenko.recolour", lambda image, matrix: 255 - image)
    assert image_hash(tmp_path, Macenko()) != before


class Warner:
    """A stain that warns about every image."""

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        warnings.warn(f"{name}: stains not normalised", stacklevel=2)
        return image


def test_hashing_a_stain_gives_no_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image_hash(tmp_path, Warner())


def length(path: Path) -> np.ndarray:
    return np.zeros((2, 3, 3), np.uint8)


def test_two_files_of_equal_size_and_time_that_are_exchanged_are_told_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    for path, text in ((one, "1234"), (other, "4321")):
        path.write_text(text)
        os.utime(path, ns=(7, 7))
    prints = Fingerprints(tmp_path / "files", NoStain())

    def names() -> list[str]:
        return [prints.image(replace(record(), read=partial(length, path))) for path in (one, other)]

    first = names()
    one.rename(tmp_path / "kept")
    other.rename(one)
    (tmp_path / "kept").rename(other)
    assert names() == first[::-1] != first


def test_the_pixels_of_an_mrxs_slide_lie_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s.mrxs").write_bytes(b"index")
    (tmp_path / "s/Data0000.dat").write_bytes(b"one")
    prints = Fingerprints(tmp_path / "prints", NoStain())
    slide = replace(record(), read=partial(_unread, tmp_path / "s.mrxs", x=0))
    before = prints.image(slide)
    assert prints.image(slide) == before
    (tmp_path / "s/Data0000.dat").write_bytes(b"other")
    assert prints.image(slide) != before


def _unread(path: Path, x: int) -> np.ndarray:
    raise AssertionError
