"""Checks of the user's input that run before torch is loaded."""

from pathlib import Path
from typing import Any

from mitosis.errors import InputError
from mitosis.image.mpp import MPP, plausible


def check_mpp(mpp: float) -> None:
    """Raise ``InputError`` unless mitotic figures can be recognised at ``mpp`` µm per pixel."""
    if not plausible(mpp):
        raise InputError(
            f"mpp={mpp}: µm per pixel lie between {MPP[0]:g} and {MPP[1]:g}; a usual 40x scan has mpp=0.25"
        )


def typed_mpp(mpp: object) -> float | None:
    """``mpp`` as it was typed, None if it was not; ``InputError`` if it is no number or not plausible."""
    if mpp is None:
        return None
    if isinstance(mpp, bool) or not isinstance(mpp, int | float):
        raise InputError(f"mpp={mpp}: give µm per pixel as a number, e.g. mpp=0.25")
    check_mpp(mpp)
    return float(mpp)


def check_output(output: Path) -> None:
    """Raise ``InputError`` if the output folder is a file, or the folder of a run."""
    if output.exists() and not output.is_dir():
        raise InputError(f"output={output} is a file; give a folder")
    if (output / "recipe.yaml").exists():
        raise InputError(f"output={output} is a run's folder, whose candidates.csv is stage two's; give another")


def check_chosen(config: dict[str, Any]) -> None:
    """Raise ``InputError`` if the keys that choose networks contradict each other."""
    if config["classifier"] and not config["segmenter"] and not config["weights"]:
        raise InputError(
            f"classifier={config['classifier']} without a segmenter; type segmenter=RUN as well, or weights=shipped for"
            " stage one of this package"
        )
    if config["weights"] and config["segmenter"]:
        raise InputError(f"weights={config['weights']} and segmenter={config['segmenter']}: give one of them")


def check_networks(config: dict[str, Any]) -> None:
    """Raise ``InputError`` if the keys that choose networks and how they are used contradict each other."""
    check_chosen(config)
    for key in ("adapt", "heatmaps"):
        if not isinstance(config[key], bool):
            raise InputError(f"{key}={config[key]}: type {key}=true or {key}=false")
    if config["heatmaps"] and config["segmenter"] and not config["classifier"]:
        raise InputError("heatmaps=true shows what stage two looked at; type classifier=RUN as well")
    threshold = config["threshold"]
    if threshold is not None and (
        isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold < 1
    ):
        raise InputError(f"threshold={threshold}: give a score between 0 and 1, or point= instead")
