"""What may and may not be built from a description."""

from functools import partial
from pathlib import Path

import pytest
import torch

from mitosis.errors import InputError
from mitosis.run.build import CONF, build, check_kinds, shipped_targets, words_of
from mitosis.stain.none import NoStain

NO_STAIN = {"_target_": "mitosis.stain.NoStain"}


def test_a_nested_description_is_built_with_plain_lists() -> None:
    built = build({"_target_": "mitosis.augment.SCMitosisAugment", "scale": [0.9, 1.1]})
    assert type(built).__name__ == "SCMitosisAugment"
    nested = build({"_target_": "torch.optim.AdamW", "_partial_": True, "lr": NO_STAIN, "betas": [0.8, 0.9]})
    assert isinstance(nested.keywords["lr"], NoStain)
    assert type(nested.keywords["betas"]) is list


def test_a_class_can_also_be_named_by_its_module() -> None:
    assert isinstance(build({"_target_": "mitosis.stain.none.NoStain"}), NoStain)


def test_only_shipped_targets_of_other_packages_can_be_built() -> None:
    foreign = {target for target in shipped_targets() if not target.startswith("mitosis.")}
    assert foreign == {
        "lightning.pytorch.loggers.TensorBoardLogger",
        "torch.nn.CrossEntropyLoss",
        "torch.optim.Adam",
        "torch.optim.AdamW",
    }
    assert {"mitosis.model.SCMitosisSeg", "mitosis.data.view.TileView"} <= shipped_targets()
    for target in ("torch.optim.SGD", "lightning.pytorch.loggers.CSVLogger"):
        with pytest.raises(InputError, match="name its package in MITOSIS_TRUST"):
            build({"_target_": target})


def test_a_partial_still_needs_its_arguments() -> None:
    built = build({"_target_": "torch.optim.AdamW", "_partial_": True, "lr": 1e-3})
    assert isinstance(built, partial)
    assert built([torch.zeros(1, requires_grad=True)]).defaults["lr"] == 1e-3


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "torch.hub.load",
        "torch.load",
        "mitosis.run.build.os.system",
        "mitosis.run.build.instantiate",
        "mitosis.data.fold.lists.csv.writer",
        "mitosis.data.icpr2012.os.system",
        "mitosis.data.csv.writer",
        "mitosis.data.folder.csv.writer",
        "mitosis.stain.np.save",
        "mitosis.stain.macenko.np.save",
        "mitosis.logger.wandb.start",
        "mitosis.logger.start",
        "mitosis.data.view.candidate_table.write_candidates",
        "mitosis.data.view.write_candidates",
        "mitosis.data.cache.cache.Cache",
        "mitosis.model.check_pretrained",
        "mitosis.stain.importlib.import_module",
        "mitosis.stain.lazy_names",
        "mitosis.stain.__getattr__",
        "mitosis.lazy.importlib.import_module",
        "mitosis.files.write_text",
        "mitosis.cli.step.run_step",
        "mitosis.cli.main.main",
        "mitosis.run.checkpoint.write",
        "mitosis.train.entry",
        "mitosis.model",
        "mitosisx.model.Net",
        "mitosis.model.scmitosis.Nothing",
        "mitosis.model.nothing.Net",
        "system",
        "",
        None,
        7,
    ],
)
@pytest.mark.parametrize("nest", [lambda node: node, lambda n: NO_STAIN | {"a": [n]}, lambda n: NO_STAIN | {"a": (n,)}])
def test_an_untrusted_target_is_never_called(target: object, nest, tmp_path: Path, capfd) -> None:
    with pytest.raises(InputError, match="_target_"):
        build(nest({"_target_": target, "_args_": [f"touch {tmp_path}/was-run; echo was-run"]}))
    assert not list(tmp_path.iterdir())
    assert "was-run" not in capfd.readouterr().out


def test_an_interpolation_cannot_produce_a_target(tmp_path: Path) -> None:
    trap = f'${{oc.create:{{_target_:os.mkdir,_args_:["{tmp_path}/was-run"]}}}}'
    for node in (NO_STAIN | {"a": trap}, NO_STAIN | {"a": {"b": [trap]}}, {"_target_": "${oc.env:HOME}"}):
        with pytest.raises(InputError):
            build(node)
    assert not list(tmp_path.iterdir())


def test_a_trusted_package_can_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "loss.py").write_text("import os\nclass Loss:\n    def __init__(self, a=1): self.a = a\n")
    monkeypatch.syspath_prepend(tmp_path)
    node = {"_target_": "mine.loss.Loss", "a": 3}
    with pytest.raises(InputError, match="MITOSIS_TRUST"):
        build(node)
    monkeypatch.setenv("MITOSIS_TRUST", "other, mine")
    assert build(node).a == 3
    for target in ("mine.loss.os.mkdir", "mine.loss.Nothing", "mine.nothing.Loss", "minelike.Loss"):
        with pytest.raises(InputError, match=target.split(".")[0]):
            build({"_target_": target})


@pytest.mark.parametrize(
    "node",
    [
        {"_target_": "mitosis.loss.BCETversky", "nonsense": 1},
        {"_target_": "mitosis.model.SCMitosisSeg", "widths": [4, 4, 8, 8], "encoder": "nonsense"},
        {"_target_": "torch.optim.AdamW", "_partial_": True, "nonsense": 1},
        {"_target_": "mitosis.scheduler.cosine_schedule", "_partial_": True, "nonsense": 1},
        {"_target_": "mitosis.model.timm_classifier", "name": "nonsense", "pretrained": False},
    ],
)
def test_wrong_arguments_are_named_in_one_line(node: dict) -> None:
    with pytest.raises(InputError, match="nonsense") as raised:
        build(node)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("node", [{}, {"target": "mitosis.stain.NoStain"}, [1, 2], None])
def test_a_table_without_a_target_is_refused(node) -> None:
    with pytest.raises(InputError, match="nothing can be built from it, it has no _target_"):
        build(node)


@pytest.mark.parametrize(
    ("shipped", "given", "said"),
    [
        ({"max_steps": 24}, {"max_steps": "many"}, "max_steps=many: give a number"),
        ({"optimizer": {"lr": 1e-4}}, {"optimizer": {"lr": None}}, "optimizer.lr=None"),
        ({"lr": 1.0}, {"lr": True}, "lr=True"),
        ({"compile": False}, {"compile": "maybe"}, "compile=maybe: give true or false"),
        ({"compile": False}, {"compile": 1}, "compile=1"),
        ({"widths": [1, 2]}, {"widths": 4}, "widths=4: give a list"),
    ],
)
def test_a_value_of_another_type_is_refused(shipped: dict, given: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_kinds(given, shipped, shipped)


def test_values_of_the_shipped_type_pass() -> None:
    shipped = {"fold": "official", "lr": 1, "half": None, "window": "auto", "a": {"b": True}, "w": [1]}
    check_kinds(
        {"fold": 3, "lr": 0.5, "half": 0, "window": 256, "a": {"b": False, "new": "x"}, "w": [2, 3]}, shipped, {}
    )


@pytest.mark.parametrize("value", [None, "all", 7])
def test_a_string_passes_where_the_default_groups_have_one(value: object) -> None:
    for word in (None, "auto"):
        check_kinds({"a": {"window": value}}, {"a": {"window": 512}}, {"a": {"window": word}})
    with pytest.raises(InputError, match=r"a.window=\[\]: give a number such as 512"):
        check_kinds({"a": {"window": []}}, {"a": {"window": 512}}, {"a": {"window": None}})


def test_the_options_of_a_group_are_its_yamls() -> None:
    assert words_of("stage") == ["classification", "segmentation"]
    assert "common" not in words_of("data")
    assert (CONF / "train.yaml").is_file()
