"""The folder of a whole cascade, without torch: what a word names, and the file of a stage."""

import json
from pathlib import Path

import pytest

from mitosis.files import digest
from mitosis.run.content import initial_weights
from mitosis.run.keys import CLASSIFICATION, SEGMENTATION
from mitosis.run.weights_folder import SHIPPED, weights_file, weights_folder


def test_shipped_names_the_weights_of_this_package_and_a_path_a_folder_with_a_table(tmp_path: Path) -> None:
    assert weights_folder("shipped") == SHIPPED
    assert weights_folder(None) is None
    assert weights_folder(tmp_path) is None
    (tmp_path / "cascade.json").write_text("{}")
    assert weights_folder(str(tmp_path)) == tmp_path


def test_the_file_of_a_stage_is_the_first_that_the_table_names(tmp_path: Path) -> None:
    assert weights_file(SHIPPED, SEGMENTATION) == SHIPPED / "segmenter-0.safetensors"
    assert weights_file(SHIPPED, CLASSIFICATION) == SHIPPED / "classifier-0.safetensors"
    networks = [{"stage": "classifier", "file": "../../b"}, {"stage": "classifier", "file": "c"}, 7]
    (tmp_path / "cascade.json").write_text(json.dumps({"networks": networks}))
    assert weights_file(tmp_path, CLASSIFICATION) == tmp_path / "b", "never outside of the folder"
    assert weights_file(tmp_path, SEGMENTATION) is None


@pytest.mark.parametrize("kind", [SEGMENTATION, CLASSIFICATION])
def test_a_run_that_starts_there_knows_the_content_of_its_stage(kind: str) -> None:
    found = initial_weights({"init": "shipped", "stage": {"kind": kind}, "model": {}})
    assert found == {"init": digest(weights_file(SHIPPED, kind) or Path())}
