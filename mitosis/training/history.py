"""The history of a run: one row per epoch in metrics.csv, and on the terminal if there is no progress bar."""

import csv
import io
import time
from pathlib import Path
from typing import Any

import lightning as L
from typing_extensions import override

from mitosis import files
from mitosis.training.run_checkpoint import scored


class History(L.Callback):
    """Rewrites ``path`` after each epoch; the rows are part of the checkpoint, so a resumed run keeps them all.

    ``seconds`` is the time spent on completed epochs, over all attempts.
    """

    def __init__(self, path: Path, announce: bool) -> None:
        self.path, self.announce = path, announce
        self.rows: list[dict[str, float]] = []
        self.seconds = 0.0

    @override
    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._began = time.monotonic()

    @override
    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        row: dict[str, float] = {"epoch": trainer.current_epoch, "step": trainer.global_step}
        row["lr"] = float(trainer.optimizers[0].param_groups[0]["lr"])
        metrics = trainer.callback_metrics.items()
        row |= {name: float(value) for name, value in metrics if scored(trainer) or not name.startswith("val/")}
        self.rows.append(row)
        self.seconds += time.monotonic() - self._began
        if trainer.is_global_zero:
            self._write()
            if self.announce:
                shown = {name: row[name] for name in ("train/loss", "val/loss", "val/ap", "val/f1") if name in row}
                numbers = "  ".join(f"{name} {value:.4f}" for name, value in shown.items())
                print(f"epoch {trainer.current_epoch}  step {trainer.global_step}  {numbers}", flush=True)

    def _write(self) -> None:
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        files.write_text(self.path, text.getvalue())

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"rows": list(self.rows), "seconds": self.seconds}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows, self.seconds = list(state_dict["rows"]), state_dict["seconds"]
