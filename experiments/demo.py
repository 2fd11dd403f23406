"""``make demo``: both stages on synthetic fields. Exit code 1 if F1 is below 0.7 or stage two does not help."""

import json
import subprocess
import sys
from pathlib import Path

from mitosis.data.drawing.field import draw_field
from mitosis.output.overlay import write_picture

OUT = Path("demo")
GOAL = 0.7
# Trained for long, stage one leaves stage two nothing to reject on fields as easy as these.
SEGMENTER = (
    "budget.widths=[8,16,32,64],data.batch_size=8,data.samples_per_epoch=320,max_steps=40,optimizer.lr=3e-3,"
    "tiling.window=whole,view.train.size=160,view.train.jitter=48,view.train.positives=0.7"
)
CLASSIFIER = "crop.pixels=64,data.samples_per_epoch=320,max_steps=120,optimizer.lr=1e-3"


def main() -> int:
    command("pipeline", "data=synthetic", "crossfit=none", f"runs={OUT}/runs", "classifier.model=resnet18",
            f"segmenter.set=[{SEGMENTER}]", f"classifier.set=[{CLASSIFIER}]")  # fmt: skip
    evaluation = max(OUT.glob("runs/synthetic/resnet18/**/evaluation.json"), key=lambda path: path.stat().st_mtime)
    classifier = evaluation.parent
    segmenter = next(OUT.glob("runs/synthetic/scmitosis_seg/**/proposal.json")).parent
    fields = OUT / "fields"
    for case in (17, 19):  # cases of the official test part, unseen in training
        write_picture(fields / f"case{case}.png", draw_field(seed=0, case=case, index=0, size=512).image)
    command("predict", f"input={fields}", f"output={OUT}/prediction", "mpp=0.25", f"segmenter={segmenter}",
            f"classifier={classifier}")  # fmt: skip
    alone, f1 = (stage["f1"] or 0.0 for stage in json.loads(evaluation.read_text())["stages"])
    print(
        f"\nF1 {f1:.4f} on unseen cases (goal {GOAL}; stage one alone {alone:.4f}); look at {OUT}/prediction/overlay/"
    )
    if f1 <= alone:
        print("stage two does not help")
    return 0 if f1 >= GOAL and f1 > alone else 1


def command(name: str, *overrides: str) -> None:
    """Run ``python -m mitosis.<name>``; if it fails, exit with its exit code."""
    if code := subprocess.run([sys.executable, "-m", f"mitosis.{name}", *overrides], check=False).returncode:
        sys.exit(code)


if __name__ == "__main__":
    sys.exit(main())
