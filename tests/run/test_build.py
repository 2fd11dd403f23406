"""What may and may not be built from a description."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from mitosis.data.joined import Joined
from mitosis.data.synthetic import Synthetic
from mitosis.errors import InputError
from mitosis.run.build import build, build_unread, check_kinds
from mitosis.run.kinds import KINDS, resolved, shipped_targets
from mitosis.stain.none import NoStain

NO_STAIN = {"_target_": "mitosis.stain.NoStain"}
ADAM = {"_target_": "torch.optim.AdamW", "_partial_": True, "lr": 1e-3}
SET = {"_target_": "mitosis.data.Synthetic", "_partial_": True, "folds": None, "size": 64}


class Part(nn.Module):
    """A part of a user's own package, which keeps what it is given."""

    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.given = given


def network(given: int) -> Part:
    return Part(given=given)


def undeclared(given: int):
    return Part(given=given)


def misdeclared(given: int) -> "int":
    return given


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> str:
    """This file as a user's own package."""
    monkeypatch.setenv("MITOSIS_TRUST", f"other, {__name__.split('.')[0]}")
    return __name__


def test_a_description_is_built_with_lists_and_tables_of_its_own(mine: str) -> None:
    built = build({"_target_": "mitosis.augment.SCMitosisAugment", "scale": [0.9, 1.1]}, "augment")
    assert type(built).__name__ == "SCMitosisAugment"
    sizes = [1, 2]
    given = build({"_target_": f"{mine}.Part", "a": (1, sizes), "b": {"c": [None, True, 0.5, "x"]}}, "model").given
    assert given == {"a": [1, [1, 2]], "b": {"c": [None, True, 0.5, "x"]}}
    assert given["a"][1] is not sizes


def test_a_class_can_also_be_named_by_its_module() -> None:
    assert isinstance(build({"_target_": "mitosis.stain.none.NoStain"}, "stain"), NoStain)
    with pytest.raises(InputError, match=r"there is no mitosis\.stain\.macenko\.NoStain"):
        build({"_target_": "mitosis.stain.macenko.NoStain"}, "stain")


def test_only_shipped_targets_of_other_packages_can_be_built() -> None:
    foreign = {target for target in shipped_targets() if not target.startswith("mitosis.")}
    assert foreign == {
        "lightning.pytorch.loggers.TensorBoardLogger",
        "torch.nn.CrossEntropyLoss",
        "torch.optim.Adam",
        "torch.optim.AdamW",
    }
    assert {"mitosis.model.SCMitosisSeg", "mitosis.data.view.TileView"} <= shipped_targets()
    for target, kind in (("torch.optim.SGD", "optimizer"), ("lightning.pytorch.loggers.CSVLogger", "logger")):
        with pytest.raises(InputError, match="name its package in MITOSIS_TRUST"):
            build({"_target_": target}, kind)


def test_every_shipped_target_is_of_its_own_kind_and_of_no_other() -> None:
    for kind in KINDS:
        assert shipped_targets(kind), kind
        for target in shipped_targets():
            if target in shipped_targets(kind):
                assert callable(resolved(target, kind))
            else:
                with pytest.raises(InputError, match="_target_"):
                    resolved(target, kind)


def test_a_partial_still_needs_its_arguments() -> None:
    built = build(ADAM, "optimizer")
    assert isinstance(built, partial)
    assert built([torch.zeros(1, requires_grad=True)]).defaults["lr"] == 1e-3


def test_only_what_a_training_run_completes_is_built_in_part() -> None:
    with pytest.raises(InputError, match="a stain is built whole; leave _partial_ out"):
        build(NO_STAIN | {"_partial_": True}, "stain")
    with pytest.raises(InputError, match="_partial_=yes: give true or false"):
        build(ADAM | {"_partial_": "yes"}, "optimizer")


def test_sets_of_data_are_built_with_the_data_that_joins_them() -> None:
    node = {"_target_": "mitosis.data.Joined", "sets": {"one": SET, "two": SET}, "samples_per_epoch": 1}
    joined = build(node, "data", batch_size=1, fold="all", store=None)
    assert isinstance(joined, Joined)
    assert [type(one) for one in joined.sets.values()] == [Synthetic, Synthetic]


def test_a_part_of_another_kind_is_not_built_inside() -> None:
    node = {"_target_": "mitosis.data.Joined", "sets": {"one": SET, "two": NO_STAIN}}
    with pytest.raises(InputError, match=r"mitosis\.stain\.NoStain may not be built as data"):
        build(node, "data")


FORBIDDEN = [
    "os.system",
    "builtins.eval",
    "torch.hub.load",
    "torch.load",
    "mitosis.run.build.os.system",
    "mitosis.run.build.build",
    "mitosis.data.fold.lists.csv.writer",
    "mitosis.data.icpr2012.os.system",
    "mitosis.data.csv.writer",
    "mitosis.data.folder.csv.writer",
    "mitosis.data.candidate_table.write_candidates",
    "mitosis.stage.checkpoint.write",
    "mitosis.data.fingerprint.Fingerprints",
    "mitosis.data.cache.fingerprint.Fingerprints",
    "mitosis.stain.np.save",
    "mitosis.stain.macenko.np.save",
    "mitosis.logger.wandb.start",
    "mitosis.logger.start",
    "mitosis.data.view.candidate_table.write_candidates",
    "mitosis.data.view.write_candidates",
    "mitosis.data.cache.cache.Cache",
    "mitosis.model.check_pretrained",
    "mitosis.model.weights.initial_weights",
    "mitosis.model.Classifier.forward",
    "mitosis.model.Classifier.__init__.__globals__",
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
    "mitosis.model..SCMitosisSeg",
    ".SCMitosisSeg",
    "system",
    "",
    None,
    7,
    ["os.system"],
    {"_target_": "os.system"},
]


@pytest.mark.parametrize("target", FORBIDDEN, ids=str)
@pytest.mark.parametrize("nest", [lambda node: node, lambda n: NO_STAIN | {"a": [n]}, lambda n: NO_STAIN | {"a": (n,)}])
def test_an_untrusted_target_is_never_called(target: object, nest, tmp_path: Path, capfd) -> None:
    for kind in KINDS:
        with pytest.raises(InputError, match="_target_"):
            build(nest({"_target_": target, "path": f"{tmp_path}/was-run", "command": "echo was-run"}), kind)
    assert not list(tmp_path.iterdir())
    assert "was-run" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("model", "mitosis.logger.WandbRun"),  # its constructor makes a folder
        ("model", "lightning.pytorch.loggers.TensorBoardLogger"),
        ("stain", "mitosis.data.Folder"),  # it reads folders
        ("stain", "mitosis.model.LiteFPN"),  # it downloads weights
        ("matching", "mitosis.augment.JpegAugment"),
    ],
)
def test_a_shipped_target_of_another_kind_is_never_called(kind: str, target: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{target} may not be built as {kind}"):
        build({"_target_": target, "save_dir": str(tmp_path / "made"), "name": "resnet18"}, kind)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("key", ["_args_", "_recursive_", "_convert_", "__class__", "a.b", "a b", "", 3])
def test_only_arguments_by_name_are_passed_on(key: object, mine: str) -> None:
    with pytest.raises(InputError, match="is no argument; give arguments by their names"):
        build({"_target_": f"{mine}.Part", key: ["resnet18", True]}, "model")


def test_an_interpolation_cannot_produce_a_target(tmp_path: Path) -> None:
    trap = f'${{oc.create:{{_target_:os.mkdir,_args_:["{tmp_path}/was-run"]}}}}'
    for node in (NO_STAIN | {"a": trap}, NO_STAIN | {"a": {"b": [trap]}}, {"_target_": "${oc.env:HOME}"}):
        with pytest.raises(InputError):
            build(node, "stain")
    assert not list(tmp_path.iterdir())


def test_only_plain_data_is_passed_on(mine: str) -> None:
    for odd in (torch.zeros(1), object(), b"x", {1, 2}, print):
        with pytest.raises(InputError, match=f"not by a {type(odd).__name__}"):
            build({"_target_": f"{mine}.Part", "a": [odd]}, "model")
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InputError, match="a model is described by tables that are nested too deeply"):
        build({"_target_": f"{mine}.Part", "a": deep}, "model")
    while deep:  # freed from outside: the interpreter would recurse
        deep = deep.pop()


def test_a_trusted_package_can_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "loss.py").write_text(
        "import os\nfrom torch.nn import Identity, Module\nfrom mitosis.files import write_text\n"
        "class Loss(Module):\n    def __init__(self, a=1):\n        super().__init__()\n        self.a = a\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    node = {"_target_": "mine.loss.Loss", "a": 3}
    with pytest.raises(InputError, match="MITOSIS_TRUST"):
        build(node, "loss")
    monkeypatch.setenv("MITOSIS_TRUST", "other, mine")
    assert build(node, "loss").a == 3
    for name in ("loss.os.mkdir", "loss.Nothing", "nothing.Loss", "loss.Identity", "loss.write_text", "loss..Loss"):
        with pytest.raises(InputError, match="mine"):
            build({"_target_": f"mine.{name}"}, "loss")
    with pytest.raises(InputError, match="minelike"):
        build({"_target_": "minelike.Loss"}, "loss")


def test_a_trusted_package_builds_what_is_of_the_kind_too(mine: str) -> None:
    assert build({"_target_": f"{mine}.network", "given": 3}, "model").given == {"given": 3}
    for name, kind in (("undeclared", "model"), ("misdeclared", "model"), ("Part", "data"), ("Part", "view")):
        with pytest.raises(InputError, match=f"may not be built as {kind}: give a .*, or a function with '-> "):
            build({"_target_": f"{mine}.{name}", "given": 3}, kind)
    inner = {"_target_": f"{mine}.Part", "a": 1}
    assert build({"_target_": f"{mine}.Part", "inner": [inner]}, "loss").given["inner"][0].given == {"a": 1}


def test_a_network_whose_weights_are_at_hand_reads_and_downloads_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object) -> None:
        raise AssertionError(given)

    monkeypatch.setattr("mitosis.model.lite_fpn.initial_weights", fail)
    monkeypatch.setattr("mitosis.model.classifier.initial_weights", fail)
    for target in ("mitosis.model.LiteFPN", "mitosis.model.timm_classifier"):
        for given in ({}, {"pretrained": True}, {"weights": "/etc/hostname"}, {"pretrained": True, "weights": "x"}):
            made = build_unread({"_target_": target, "name": "resnet18"} | given, "model")
            assert made.initial == "random"


@pytest.mark.parametrize(
    ("kind", "node"),
    [
        ("loss", {"_target_": "mitosis.loss.BCETversky", "nonsense": 1}),
        ("model", {"_target_": "mitosis.model.SCMitosisSeg", "widths": [4, 4, 8, 8], "encoder": "nonsense"}),
        ("optimizer", {"_target_": "torch.optim.AdamW", "_partial_": True, "nonsense": 1}),
        ("scheduler", {"_target_": "mitosis.scheduler.cosine_schedule", "_partial_": True, "nonsense": 1}),
        ("model", {"_target_": "mitosis.model.timm_classifier", "name": "nonsense", "pretrained": False}),
    ],
)
def test_wrong_arguments_are_named_in_one_line(kind: str, node: dict) -> None:
    with pytest.raises(InputError, match="nonsense") as raised:
        build(node, kind)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("node", [{}, {"target": "mitosis.stain.NoStain"}, [1, 2], None, "mitosis.stain.NoStain"])
def test_a_table_without_a_target_is_refused(node) -> None:
    with pytest.raises(InputError, match="nothing can be built from it, it has no _target_"):
        build(node, "stain")


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
