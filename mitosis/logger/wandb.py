"""Weights & Biases: one run there for each run folder, and nothing there that could stop a training."""

import contextlib
import hashlib
import secrets
import shlex
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import WandbLogger
from typing_extensions import override

from mitosis import files
from mitosis.run.folder import read_recipe
from mitosis.run.name import flat

START, END = 30.0, 60.0
"""Seconds that W&B's server is waited for before a run goes on offline, and for what is still to upload at the end."""
LONGEST = 128
"""Characters that W&B allows in a name and a group."""
STEP = "trainer/global_step"
"""The x-axis of every curve: W&B's own steps only count calls."""


class WandbRun(WandbLogger):
    """Lightning's W&B logger for the run folder ``save_dir``, whose ``recipe.yaml`` says how the run is called there.

    A failure of W&B (an outage, a full quota) is told once, the training goes on. ``finish`` has to be called.
    """

    def __init__(self, save_dir: str, project: str = "mitosis", entity: str | None = None) -> None:
        super().__init__(project=project, save_dir=save_dir)
        self.entity = entity
        self._failed = False

    @property
    @rank_zero_experiment
    @override
    def experiment(self) -> Any:
        if self._experiment is None:
            folder = Path(str(self.save_dir))
            recipe = read_recipe(folder)
            run = start(folder, project=self.name, entity=self.entity, **describe(recipe))
            run.define_metric(STEP)
            run.define_metric("*", step_metric=STEP, step_sync=True)
            self._experiment = run
        return self._experiment

    @override
    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        with self._survived():
            super().log_metrics(*args, **kwargs)

    @override
    def log_image(self, *args: Any, **kwargs: Any) -> None:
        with self._survived():
            super().log_image(*args, **kwargs)

    def finish(self, metrics: dict[str, Any]) -> None:
        """End the run, or it would stay open in a sweep; ``metrics``: its result, empty when it failed."""
        run, self._experiment = self._experiment, None
        if run is None:
            return
        with self._survived():
            run.summary.update(summary(metrics) if metrics else {})
        with self._survived():
            run.finish(exit_code=0 if metrics else 1)

    @contextlib.contextmanager
    def _survived(self) -> Generator[None]:
        try:
            yield
        except Exception as error:  # whatever its service, its server or its files do
            if not self._failed:
                sync = f"wandb sync --include-online {shlex.quote(f'{self.save_dir}/wandb')}"
                warnings.warn(f"W&B: {_line(error)}; what it missed can be uploaded later: {sync}", stacklevel=2)
            self._failed = True


def start(folder: Path, **about: Any) -> Any:
    """A W&B run for ``folder``, under an id that is written there once: a run that goes on is the same one there.

    Online where W&B knows a key and reaches its server, else offline, unless WANDB_MODE says otherwise. Asks nothing,
    and says in one line where the run is. ``about``: arguments of ``wandb.init``.
    """
    import wandb

    settings = wandb.Settings(silent=True, init_timeout=START, finish_timeout=END, finish_timeout_raises=True)
    about |= {"dir": str(folder), "id": _id(folder), "resume": "allow", "reinit": "create_new", "settings": settings}
    why, run = "", None
    for mode in (None, "offline", "disabled"):
        wandb.setup(settings)  # silent: else W&B asks for a key on a terminal, and prints a dozen lines a run
        try:
            run = wandb.init(mode=mode, **about)
            break
        except Exception as error:  # no key, no network, no service
            why = f" ({_line(error)})"
            wandb.teardown()  # the failed attempt would keep the id in use
    assert run is not None
    where = run.url or f"offline{why}; to upload it: wandb sync {shlex.quote(f'{folder}/wandb')}"
    print(f"W&B: {f'no record{why}' if run.disabled else where}", flush=True)
    return run


def describe(recipe: dict[str, Any]) -> dict[str, Any]:
    """What W&B shows of a run: ``group`` (all folds of a variant), ``job_type`` (its stage), a flat ``config``, …."""
    name = recipe["name"]
    experiment = f"{name['data']}/{name['model']}"
    variant = "/".join(
        [name["ablation"], name["variant"], *(f"on-{slug}" for slug in recipe.get("segmenters", [])[-1:])]
    )
    return {
        "name": shortened(f"{experiment}/{variant}/fold-{recipe['fold']}"),
        "group": shortened(f"{experiment}/{variant}"),
        "job_type": recipe["stage"]["kind"],
        "tags": [name["data"], name["model"], name["ablation"]],
        "config": {"experiment": experiment, "variant": variant} | flat(recipe),
    }


def summary(metrics: dict[str, Any]) -> dict[str, Any]:
    """A finished run's result as W&B's summary: scores of its best epoch on val, what was chosen, its cost."""
    best = {f"best/{name}": value for name, value in metrics["val"].items()}
    chosen = {f"chosen/{name}": value for name, value in metrics.get("chosen", {}).items()}
    return best | chosen | {name: metrics[name] for name in ("steps", "minutes")}


def shortened(text: str) -> str:
    """``text`` in at most 128 characters; a longer one is cut and closed with a hash of the whole."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _id(folder: Path) -> str:
    path = folder / "wandb_id"
    if not path.exists():
        files.write_text(path, secrets.token_hex(4))
    return path.read_text()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160].rstrip(".;") or type(error).__name__
