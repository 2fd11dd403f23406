"""TurnedCropView: positives, negatives, look-alikes, and that crops are reproducible."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from refused import refused

from mitosis.augment.none import NoAugment
from mitosis.data.record import Field, MitoticFigure, Record
from mitosis.data.view.candidate_table import CandidateRow
from mitosis.data.view.candidates import CandidateView
from mitosis.data.view.turned_crops import TurnedCropView

MITOSIS, FALSE, LOOK_ALIKE = 0.0, 0.4, 0.2
"""Grey values of the three kinds of dots."""


def field(*dots: tuple[int, int, float], figures: int = 1, hard: object = ()) -> Field:
    """A white field of 300 × 300 pixels with round grey dots; the first ``figures`` are mitoses."""
    image = np.full((300, 300, 3), 255, np.uint8)
    y, x = np.mgrid[:300, :300]
    pixels = []
    for cx, cy, grey in dots:
        inside = (x - cx) ** 2 + (y - cy) ** 2 <= 36
        image[inside] = round(255 * grey)
        pixels.append(np.argwhere(inside)[:, ::-1].astype(np.int32))
    found = tuple(MitoticFigure(one) for one in pixels[:figures])
    points = np.array(hard, dtype=np.float64).reshape(-1, 2)
    record = Record("f", image.copy, (300, 300), 0.25, "c", "s", "A", found, hard_negatives=points)
    return Field(record, image, record.mask())


def row(x: float, y: float, label: int) -> CandidateRow:
    return CandidateRow("f", x, y, 10.0, 0.5, 0.9, label, "hash", "unseen")


def view_of(one: Field, rows: list[CandidateRow], **settings: object) -> TurnedCropView:
    given: dict[str, object] = {"side_um": 10.0, "pixels": 32, "border": "reflect", "samples": 50, "seed": 0}
    given |= {"jitter_um": 0.5, "plain": 0.0} | settings
    return TurnedCropView([one], {"f": rows}, NoAugment(), **given)  # pyright: ignore[reportArgumentType]


def middles(view: TurnedCropView, count: int = 60) -> list[tuple[int, float]]:
    """Label and grey value at the centre of each crop."""
    return [
        (int(item["label"]), round(float(item["image"][0, 16, 16]), 1)) for item in (view[(0, i)] for i in range(count))
    ]


def test_labels_and_what_they_show() -> None:
    one = field((80, 80, MITOSIS), (200, 80, FALSE), (80, 200, LOOK_ALIKE), hard=[(80, 200)])
    shown = set(middles(view_of(one, [row(200, 80, 0)])))
    assert shown == {(1, MITOSIS), (0, FALSE), (0, LOOK_ALIKE)}


def test_a_look_alike_beside_its_nucleus_is_found() -> None:
    """2.5 µm beside it, at the dot's edge: the crop is centred on the dot all the same."""
    one = field((80, 80, MITOSIS), (80, 200, LOOK_ALIKE), hard=[(90, 200)])
    assert {grey for label, grey in middles(view_of(one, [])) if label == 0} == {LOOK_ALIKE}


def test_ignored_candidates_are_not_used() -> None:
    one = field((80, 80, MITOSIS), (200, 80, FALSE), (200, 200, 0.7))
    assert {grey for _, grey in middles(view_of(one, [row(200, 80, 0), row(200, 200, -1)]))} == {MITOSIS, FALSE}


def test_plain_tissue_is_a_share_of_the_negatives() -> None:
    one = field((80, 80, MITOSIS), (200, 80, FALSE))
    negatives = [grey for label, grey in middles(view_of(one, [row(200, 80, 0)], plain=0.5), 200) if label == 0]
    assert 0.3 < np.mean([grey == 1.0 for grey in negatives]) < 0.7


def test_the_share_of_positives() -> None:
    one = field((80, 80, MITOSIS), (200, 80, FALSE))
    labels = [label for label, _ in middles(view_of(one, [row(200, 80, 0)], positives=0.25), 200)]
    assert np.mean(labels) == pytest.approx(0.25, abs=0.1)


def test_a_crop_depends_on_the_key_alone() -> None:
    one = field((80, 80, MITOSIS), (200, 80, FALSE))
    first, second = (view_of(one, [row(200, 80, 0)]) for _ in range(2))
    assert torch.equal(first[(2, 7)]["image"], second[(2, 7)]["image"])
    assert not torch.equal(first[(2, 7)]["image"], first[(3, 7)]["image"])


def test_no_mitosis_is_refused_and_no_negative_warned_of() -> None:
    assert "no mitosis" in refused(lambda: view_of(field(figures=0), []))
    with pytest.warns(UserWarning, match="no false candidate"):
        view = view_of(field((80, 80, MITOSIS)), [])
    assert {grey for label, grey in middles(view) if label == 0} == {1.0}


def test_small_fields_give_no_mitosis_as_a_negative() -> None:
    image = np.full((30, 30, 3), 200, np.uint8)
    figure = MitoticFigure(np.array([[15, 15]], np.int32))
    record = Record("f", image.copy, (30, 30), 0.25, "c", "s", "A", (figure,))
    one = Field(record, image, record.mask())  # 7.5 µm wide: no point is 10 µm away from the mitosis
    for kind in (TurnedCropView, CandidateView):

        def view(kind: type = kind) -> object:
            return kind([one], {}, NoAugment(), side_um=10.0, pixels=32, border="reflect", samples=5, seed=0)

        with pytest.warns(UserWarning, match="the classifier learns from plain tissue"):
            said = refused(view)
        assert said.startswith("no false candidate in the 1 training fields, and no plain tissue 10 µm away from every")


@pytest.mark.parametrize(("even", "share"), [(True, 1 / 2), (False, 9 / 10)])
def test_cases_are_equally_likely_where_that_is_asked_for(even: bool, share: float) -> None:
    """One case has 9 mitoses of grey 0.4 and 9 look-alikes of 0.6, the other one of each, of 0 and 0.2."""
    places = [(x, y) for y in (60, 120, 180) for x in (60, 120, 180)]
    false = [(x + 30, y + 30) for x, y in places]
    many = field(*((*place, 0.4) for place in places), *((*place, 0.6) for place in false), figures=9, hard=false)
    few = field((80, 80, MITOSIS), (200, 200, LOOK_ALIKE), hard=[(200, 200)])
    few = replace(few, record=replace(few.record, field="g", case="other"))
    given: dict[str, object] = {"side_um": 10.0, "pixels": 32, "border": "reflect", "samples": 50, "seed": 0}
    view = TurnedCropView([many, few], {}, NoAugment(), jitter_um=0.5, plain=0.0, even_cases=even, **given)  # pyright: ignore[reportArgumentType]
    shown = middles(view, 400)
    for label, grey in ((1, 0.4), (0, 0.6)):
        assert np.mean([value == grey for own, value in shown if own == label]) == pytest.approx(share, abs=0.1)
