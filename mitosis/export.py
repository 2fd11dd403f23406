"""``python -m mitosis.export output=DIR [weights=DIR | segmenter=RUN classifier=RUN]``: both stages as ONNX files."""

from pathlib import Path
from typing import Any

from mitosis.cascade.checks import check_chosen, check_output
from mitosis.cli.entry import entry
from mitosis.files import check_writable
from mitosis.run.name import Choices


def export(config: dict[str, Any], choices: Choices) -> float:
    """Write the networks as ONNX files, each tried beside torch, and ``export.json``.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        The largest difference from torch of a probability.

    Raises:
        InputError: A setting is invalid, a run is missing or broken, or a network cannot be written as ONNX.
    """
    output = Path(str(config["output"])).expanduser()
    check_output(output)
    check_chosen(config)
    check_writable(output)

    from mitosis.cascade.bundle import load_cascade  # torch is loaded from here on
    from mitosis.cascade.onnx_file import check_installed, export_cascade

    check_installed()
    cascade = load_cascade(config["weights"], config["segmenter"], config["classifier"])
    cascade.use(config["point"])
    tried = export_cascade(cascade, output)
    for name, one in tried.items():
        speed = one.torch_seconds / one.onnx_seconds
        print(f"{output / name}: at most {one.difference:.1g} from torch, {speed:.2f} times its speed")
    return max(one.difference for one in tried.values())


if __name__ == "__main__":
    entry("export", export)
