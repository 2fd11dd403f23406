"""``hydra/sweeper=optuna``; Hydra only finds plugins in a package with this name. See mitosis.cli.search."""

import sys
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig
from typing_extensions import override


class OptunaSweeper(Sweeper):
    """Runs ``trials`` jobs, ``batch`` at a time, with values that Optuna proposes from the results so far.

    The values are passed as overrides, so run folders and resuming work as usual.

    Args:
        trials: Number of jobs.
        batch: Number of jobs to propose and launch at a time.
        seed: Seed of the search.
        params: Search space: for each key ``interval(a,b)``, ``tag(log,interval(a,b))``, ``choice(…)`` or ``range(…)``.
            Overrides on the command line take precedence.
    """

    def __init__(self, trials: int, batch: int, seed: int, params: DictConfig | None) -> None:
        self.trials, self.batch, self.seed, self.params = trials, batch, seed, params
        self.launcher: Launcher | None = None

    @override
    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    @override
    def sweep(self, arguments: list[str]) -> None:
        from mitosis.cli.search import Search
        from mitosis.errors import InputError
        from mitosis.process.rank import is_rank_zero
        from mitosis.run.folder import locked
        from mitosis.run.keys import changes_scores
        from mitosis.run.name import safe_name

        assert self.hydra_context
        assert self.config
        if not is_rank_zero():
            raise InputError("a search starts its processes itself; call it without torchrun and srun")
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        texts = [*(f"{key}={value}" for key, value in (self.params or {}).items()), *arguments]
        overrides = {override.get_key_element(): override for override in parser.parse_overrides(texts)}
        swept = {key: override for key, override in overrides.items() if override.is_sweep_override()}
        fixed = [str(override.input_line) for key, override in overrides.items() if key not in swept]
        name = safe_name(sorted(str(override.input_line) for key, override in overrides.items() if changes_scores(key)))
        folder = Path(self.config.hydra.sweep.dir) / name
        with locked(folder):
            space = {key: _distribution(override) for key, override in swept.items()}
            search = Search(folder / "optuna.db", space, trials=self.trials, seed=self.seed)
            while proposed := search.ask(self.batch):
                jobs = [[*fixed, *(f"{key}={value}" for key, value in values.items())] for values in proposed.values()]
                self.validate_batch_is_legal(jobs)
                for number, score in zip(proposed, self._scores(jobs, min(proposed)), strict=True):
                    if score is None and search.best is None:  # if the first trial fails, all would
                        sys.exit(1)
                    search.tell(number, float("nan") if score is None else score)
            if search.best:
                score, values = search.best
                shown = " ".join(f"{key}={value}" for key, value in values.items())
                print(f"{folder}: best val AP {score:.4f} of {self.trials} trials, with {shown}")

    def _scores(self, jobs: list[list[str]], number: int) -> list[float | None]:
        """The score of each job; None for one that failed with a user error, such as too high a learning rate."""
        from mitosis.cli.messages import user_message

        assert self.launcher
        try:
            returned = self.launcher.launch(jobs, initial_job_idx=number)
            return [float(job.return_value) for job in returned]
        except SystemExit:  # the job has printed its message
            pass
        except Exception as error:
            if not (message := user_message(error)):
                raise
            print(f"mitosis: {message}", file=sys.stderr)
        if len(jobs) == 1:
            return [None]
        return [score for job in jobs for score in self._scores([job], number)]  # finished jobs return at once


def _distribution(override: Override) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not override.is_interval_sweep():
        return CategoricalDistribution(list(override.sweep_string_iterator()))
    interval: Any = override.value()
    whole = isinstance(interval.start, int) and isinstance(interval.end, int)
    return (IntDistribution if whole else FloatDistribution)(interval.start, interval.end, log="log" in interval.tags)
