import os
import pickle
from pathlib import Path

import huggingface_hub
import pytest
import safetensors.torch
import timm
import torch
from shipped import described, parts

from mitosis.errors import InputError
from mitosis.model.classifier import check_pretrained, timm_classifier

TINY = "test_resnet"


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty hub cache, and a hub that fails the test when used."""

    def refused(*args: object, **kwargs: object) -> None:
        pytest.fail("the hub was asked")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", refused)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", refused)
    return tmp_path / "hub"


def imagenet(seed: int = 1) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return timm.create_model(TINY, num_classes=1000).state_dict()


def backbone_equals(model: torch.nn.Module, state: dict[str, torch.Tensor]) -> bool:
    own = model.net.state_dict()
    return all(torch.equal(own[key], value) for key, value in state.items() if not key.startswith("fc."))


@pytest.mark.parametrize("name", [word for word, model in parts("model").items() if model is timm_classifier])
def test_each_yaml_builds_a_classifier_of_two_classes(name: str, no_hub: Path) -> None:
    model = described("model")[name]
    assert (model["pretrained"], model["weights"]) == ("${pretrained}", None)
    with torch.device("meta"):
        net = timm_classifier(model["name"], pretrained=False, weights=None).eval()
        assert net(torch.rand(2, 3, 128, 128)).shape == (2, 2)


def test_input_is_normalised_internally(no_hub: Path) -> None:
    net = timm_classifier("resnet18", pretrained=False).eval()
    image = torch.rand(1, 3, 64, 64)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(net(image), net.net((image - mean.view(3, 1, 1)) / std.view(3, 1, 1)))
    assert {"mean", "std"} <= set(net.state_dict())


def test_without_pretrained_no_file_is_read(no_hub: Path) -> None:
    timm_classifier(TINY, pretrained=False, weights="gone.safetensors")
    check_pretrained(TINY, pretrained=False)
    with pytest.raises(InputError, match="model.weights=gone.safetensors is not read under model.pretrained=false"):
        check_pretrained(TINY, pretrained=False, weights="gone.safetensors")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("head", ["dropped", "1000", "2"])
def test_weights_from_a_file(tmp_path: Path, no_hub: Path, suffix: str, head: str) -> None:
    state = imagenet()
    if head == "dropped":
        state = {key: value for key, value in state.items() if not key.startswith("fc.")}
    elif head == "2":
        state |= {"fc.weight": state["fc.weight"][:2].clone(), "fc.bias": torch.tensor([3.0, -3.0])}
    file = tmp_path / f"weights{suffix}"
    safetensors.torch.save_file(state, file) if suffix == ".safetensors" else torch.save(state, file)
    check_pretrained(TINY, True, str(file))
    net = timm_classifier(TINY, True, str(file))
    assert backbone_equals(net, state)
    assert net.net.fc.weight.shape[0] == 2
    assert torch.equal(net.net.fc.bias, torch.tensor([3.0, -3.0])) == (head == "2")


def test_files_without_batch_counters_load(tmp_path: Path, no_hub: Path) -> None:
    state = {key: value for key, value in imagenet().items() if not key.endswith("num_batches_tracked")}
    torch.save(state, tmp_path / "old.pth")
    assert backbone_equals(timm_classifier(TINY, True, str(tmp_path / "old.pth")), state)


class Evil:
    def __reduce__(self) -> tuple:
        return os.mkdir, ("evil",)


def test_a_bad_file_is_reported_in_one_line(tmp_path: Path, no_hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    state = imagenet()
    torch.save({"conv1.weight": state["conv1.0.weight"]}, "foreign.pth")
    torch.save(state | {"conv1.0.weight": torch.zeros(1)}, "shape.pth")
    torch.save({key: value for key, value in state.items() if key != "conv1.0.weight"}, "hole.pth")
    torch.save({"state_dict": state, "epoch": 3}, "nested.pth")
    Path("empty.pth").touch()
    Path("empty.safetensors").touch()
    Path("evil.pth").write_bytes(pickle.dumps(Evil(), protocol=2))
    safetensors.torch.save_file(state, "cut.safetensors")
    Path("cut.safetensors").write_bytes(Path("cut.safetensors").read_bytes()[:-100])
    said = {
        "absent.pth": "no such file",
        "foreign.pth": "missing.*unknown, the first is conv1.weight",
        "shape.pth": "1 tensors of another shape, the first is conv1.0.weight",
        "hole.pth": "1 tensors missing, the first is conv1.0.weight",
        "nested.pth": "not a state dict",
        "empty.pth": "not a readable",
        "empty.safetensors": "not a readable",
        "cut.safetensors": "not a readable",
        "evil.pth": "not a readable",
    }
    for file, words in said.items():
        with pytest.raises(InputError, match=f"model.weights={file}.*{words}") as caught:
            check_pretrained(TINY, True, file)
        assert "\n" not in str(caught.value)
    assert not Path("evil").exists()


@pytest.mark.parametrize("name", ["resnet35", "resnet34.nowhere", "hf-hub:timm/resnet34"])
def test_an_unknown_network_is_reported(name: str, no_hub: Path) -> None:
    for ask in (timm_classifier, check_pretrained):
        with pytest.raises(InputError, match=f"model.name={name}"):
            ask(name, False, None)


def test_cached_weights_need_no_connection(no_hub: Path) -> None:
    repository = no_hub / f"models--{timm.get_pretrained_cfg(TINY).hf_hub_id.replace('/', '--')}"
    file = repository / "snapshots" / "abc" / "model.safetensors"
    file.parent.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    state = imagenet()
    safetensors.torch.save_file(state, file)
    check_pretrained(TINY, True, None)
    assert backbone_equals(timm_classifier(TINY, True, None), state)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="delete the file"):
        check_pretrained(TINY, True, None)


def test_weights_are_downloaded_from_the_hub(no_hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, asked = imagenet(), []
    safetensors.torch.save_file(state, tmp_path / "model.safetensors")
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda url, timeout: asked.append((url, timeout)))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda hub, file: str(tmp_path / file))
    assert backbone_equals(timm_classifier(TINY, True, None), state)
    ((url, seconds),) = asked
    assert url.endswith("timm/test_resnet.r160_in1k/resolve/main/model.safetensors")
    assert seconds <= 5.0


def test_an_unreachable_hub_is_reported(no_hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(url: str, timeout: float) -> None:
        raise OSError("Name or service\nnot known")

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", silent)
    with pytest.raises(InputError, match="model.weights=FILE.*model.pretrained=false") as caught:
        check_pretrained("resnet34", True, None)
    assert "Name or service not known" in str(caught.value)


def test_offline_mode_of_the_real_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's own client under HF_HUB_OFFLINE=1, which it reads once, at its import."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="offline mode.*model.weights=FILE.*model.pretrained=false"):
        check_pretrained("resnet34", True, None)


def test_no_connection_of_the_real_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's own client with an address that refuses connections: the download, which would retry, never starts."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "hf_hub_url", lambda hub, file: f"http://127.0.0.1:9/{hub}/{file}")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *args: pytest.fail("it was begun"))
    with pytest.raises(InputError, match="cannot be fetched.*model.weights=FILE.*model.pretrained=false"):
        check_pretrained("resnet34", True, None)


def test_a_pretrained_network_starts_undecided(tmp_path: Path) -> None:
    """timm's own head of an EfficientNet would start with a mean loss of several nats; undecided is log 2 = 0.693."""
    torch.manual_seed(0)
    name = "tf_efficientnet_lite0"
    torch.save(timm.create_model(name).state_dict(), tmp_path / "imagenet.pth")
    net = timm_classifier(name, pretrained=True, weights=str(tmp_path / "imagenet.pth"))
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(net(torch.rand(8, 3, 64, 64)), torch.tensor([0, 1] * 4))
    assert loss.item() == pytest.approx(0.693, abs=0.15)
