"""Weights & Biases: one W&B run per run folder; its failures never stop training."""

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
from mitosis.run.name import flat, title_of

START, END = 30.0, 60.0
"""Seconds to wait for W&B's server before a run continues offline, and for the remaining uploads at the end."""
LONGEST = 128
"""Maximum length of a name or group in W&B, in characters."""
STEP = "trainer/global_step"
"""The x-axis of all curves, because W&B's own step only counts calls."""


class NoRecord:
    """Stands for W&B's run where the package does not work: every call does nothing."""

    def __init__(self) -> None:
        self.summary: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


class WandbRun(WandbLogger):
    """Lightning's W&B logger for one run folder, named after the folder's ``recipe.yaml``.

    Training continues if W&B fails (an outage, a full quota), after one warning. ``finish`` must be called at the end.

    Args:
        save_dir: The run folder.
        project: W&B project.
        entity: W&B user or team; None for the default one.
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
            try:
                run = start(folder, project=self.name, entity=self.entity, **describe(recipe))
                run.define_metric(STEP)
                run.define_metric("*", step_metric=STEP, step_sync=True)
            except Exception as error:  # a broken package: whatever its modules raise
                warnings.warn(f"W&B: {one_line(error)}; nothing is recorded there", stacklevel=2)
                run = NoRecord()
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
        """End the W&B run, which would otherwise stay open during a sweep.

        Args:
            metrics: The result of the run; empty if it failed.
        """
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
        except Exception as error:  # from its service, its server or its files
            if not self._failed:
                sync = f"wandb sync --include-online {shlex.quote(f'{self.save_dir}/wandb')}"
                warnings.warn(f"W&B: {one_line(error)}; what it missed can be uploaded later: {sync}", stacklevel=2)
            self._failed = True


def start(folder: Path, **about: Any) -> Any:
    """Start or resume the W&B run of ``folder``; its id is stored in the folder.

    The run is online if W&B has a key and reaches its server, otherwise offline, unless WANDB_MODE is set. Never
    prompts; prints one line with the run's address. ``about`` are arguments of ``wandb.init``.
    """
    import wandb

    settings = wandb.Settings(silent=True, init_timeout=START, finish_timeout=END, finish_timeout_raises=True)
    about |= {"dir": str(folder), "id": _id(folder), "resume": "allow", "reinit": "create_new", "settings": settings}
    reason, run = "", None
    for mode in (None, "offline", "disabled"):
        wandb.setup(settings)  # silent: otherwise W&B prompts for a key and prints a dozen lines per run
        try:
            run = wandb.init(mode=mode, **about)
            break
        except Exception as error:  # no key, no network, no service
            reason = f" ({one_line(error)})"
            wandb.teardown()  # the failed attempt would keep the id in use
    assert run is not None
    address = run.url or f"offline{reason}; to upload it: wandb sync {shlex.quote(f'{folder}/wandb')}"
    print(f"W&B: {f'no record{reason}' if run.disabled else address}", flush=True)
    return run


def describe(recipe: dict[str, Any]) -> dict[str, Any]:
    """The arguments of ``wandb.init`` for a run: ``group`` (all folds of a variant), ``job_type`` (the stage) etc."""
    title = title_of(recipe)
    group = f"{title.experiment}/{title.variant}"
    return {
        "name": shortened(f"{group}/fold-{title.fold}"),
        "group": shortened(group),
        "job_type": title.kind,
        "tags": list(title.words),
        "config": {"experiment": title.experiment, "variant": title.variant} | flat(recipe),
    }


def summary(metrics: dict[str, Any]) -> dict[str, Any]:
    """W&B's summary of a finished run: the best epoch's scores on val, the chosen values, steps and minutes."""
    best = {f"best/{name}": value for name, value in metrics["val"].items()}
    chosen = {f"chosen/{name}": value for name, value in metrics.get("chosen", {}).items()}
    return best | chosen | {name: metrics[name] for name in ("steps", "minutes")}


def shortened(text: str) -> str:
    """``text`` in at most 128 characters; a longer text is truncated and ends with a hash of the full text."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _id(folder: Path) -> str:
    path = folder / "wandb_id"
    if not path.exists():
        files.write_text(path, secrets.token_hex(4))
    return path.read_text()


def one_line(error: Exception) -> str:
    """The message of an error in a line of at most 160 characters, without a full stop."""
    return " ".join(str(error).split())[:160].rstrip(".;") or type(error).__name__
