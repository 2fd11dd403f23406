"""A command that only refuses versus importing torch: ``python benchmarks/refusal.py``.

Each runs in a process of its own, in turn: training without a dataset's folder, and an interpreter that imports torch.
"""

import subprocess
import sys

from alternating import alternate, compare

COMMANDS = {
    "torch": ["-c", "import torch"],
    "refusal": ["-m", "mitosis.train", "data=icpr2012"],
}


def main() -> None:
    ways = {name: lambda words=words: run(words) for name, words in COMMANDS.items()}
    seconds, (_, refused) = alternate(ways)
    assert "data.root" in refused.stderr, refused.stderr
    print(compare(seconds["torch"], seconds["refusal"]))


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
