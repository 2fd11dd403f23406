"""Initial weights from an installed package, matched to timm's names by their order."""

from pathlib import Path

import pytest
import timm
import torch
from refused import refused

from mitosis.model.weights import PACKAGES, initial_weights, installed, load_initial

NAME = "tf_efficientnet_lite0"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package ``weights_of_mine`` that is registered for ``NAME``; returns its folder ``models``."""
    models = tmp_path / "weights_of_mine" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(PACKAGES, NAME, "weights_of_mine")
    return models


def foreign(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The tensors of a network in order, under other names and without counters."""
    state = {key: value for key, value in net.state_dict().items() if not key.endswith("num_batches_tracked")}
    return {f"tensor{index}": value for index, value in enumerate(state.values())}


def test_they_get_timms_names(package: Path) -> None:
    torch.manual_seed(0)
    source = timm.create_model(NAME)
    torch.save(foreign(source), package / "lite0.pth")
    found = initial_weights(f"{NAME}.in1k")
    assert found.source == "package weights_of_mine"
    net = timm.create_model(NAME)
    load_initial(net, NAME, found)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(net.eval()(image), source.eval()(image))


def test_a_file_goes_before_the_package(package: Path, tmp_path: Path) -> None:
    torch.save(foreign(timm.create_model(NAME)), package / "lite0.pth")
    torch.save({}, tmp_path / "own.pth")
    assert initial_weights(NAME, str(tmp_path / "own.pth")).source == "file own.pth"


def test_weights_of_another_network_are_refused(package: Path) -> None:
    state = foreign(timm.create_model(NAME))
    state["tensor0"] = state["tensor0"][:, :1]
    torch.save(state, package / "lite0.pth")
    assert "does not hold weights of timm's tf_efficientnet_lite0" in refused(lambda: initial_weights(NAME))


def test_a_broken_file_is_named(package: Path) -> None:
    (package / "lite0.pth").write_bytes(b"not weights")
    assert "lite0.pth: not a readable" in refused(lambda: initial_weights(NAME))


def test_a_package_without_a_file_is_none(package: Path) -> None:
    assert installed(NAME) is None


def test_a_network_without_a_package_has_none() -> None:
    assert installed("resnet34") is None
