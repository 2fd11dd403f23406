"""The data's folder, checked before a dataset is built."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import hydra
import pytest
from omegaconf import OmegaConf

from mitosis.errors import InputError
from mitosis.run.assembly import open_data
from mitosis.run.conf import CONF, words_of
from mitosis.run.root import check_root

NO_STAIN = {"_target_": "mitosis.stain.NoStain"}
WORDS = [word for word in words_of("data") if "\n  root: null" in (CONF / "data" / f"{word}.yaml").read_text()]


@pytest.fixture(scope="module")
def settings() -> dict[str, dict[str, Any]]:
    """The composed ``data`` of each dataset that is read from disk."""
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        composed = {word: hydra.compose("prepare", [f"data={word}"]) for word in WORDS}  # a small yaml
    return {word: OmegaConf.to_container(config, resolve=True)["data"] for word, config in composed.items()}  # pyright: ignore


def test_every_dataset_except_the_synthetic_and_the_joined_one_has_a_root() -> None:
    assert set(words_of("data")) - set(WORDS) == {"synthetic", "icpr2012_atypia14"}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("root", [None, "nowhere", "a.txt"])
def test_its_message_is_that_of_the_dataset(
    settings: dict, word: str, root: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("text")
    data = settings[word] | {"root": root}
    with pytest.raises(InputError) as early:
        check_root(data)
    with pytest.raises(InputError) as late:
        open_data({"data": data, "stain": NO_STAIN}, fold=0).records()
    assert str(early.value) == str(late.value)
    assert "data.root" in str(early.value)


@pytest.mark.parametrize("word", WORDS)
def test_an_existing_folder_passes(settings: dict, word: str, tmp_path: Path) -> None:
    check_root(settings[word] | {"root": str(tmp_path)})


def test_datasets_without_a_root_and_users_own_are_not_checked() -> None:
    check_root({"_target_": "mitosis.data.Synthetic", "size": 512})
    check_root({"_target_": "mine.points.Points", "root": None})
    check_root({"_target_": "mine.points.Points", "root": "https://example.org/points"})


def test_it_needs_no_torch() -> None:
    code = "import sys, mitosis.run.root; sys.exit(bool({'torch', 'hydra', 'lightning'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
