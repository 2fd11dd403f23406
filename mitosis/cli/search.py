"""Hyperparameter search with Optuna; the trials are stored in a file, so an interrupted search can be resumed."""

from pathlib import Path
from typing import Any

from mitosis.errors import InputError

APART = 100_003
"""Distance between the random seeds of two searches; leaves room for the seeds of their trials."""


class Search:
    """The trials of one search.

    The search ends after ``trials`` finished trials, including failed ones. The values of a trial depend only on
    ``seed``, its number and the earlier results, so an interrupted search continues as if it had never stopped.

    Args:
        path: SQLite file, created if missing.
        space: Optuna distribution of each key.
        trials: Number of trials.
        seed: Seed of the search.

    Raises:
        InputError: Optuna is not installed.
    """

    def __init__(self, path: Path, space: dict[str, Any], *, trials: int, seed: int) -> None:
        try:
            import optuna
        except ImportError:
            raise InputError("optuna is not installed; type pip install 'mitosis-cascade[sweep]'") from None

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space, self.trials, self.seed = space, trials, seed
        self.study = optuna.create_study(
            storage=f"sqlite:///{path.resolve()}", study_name="search", direction="maximize", load_if_exists=True
        )

    def ask(self, count: int) -> dict[int, dict[str, Any]]:
        """Up to ``count`` trials as number → values, first those left unfinished; empty at the end of the search."""
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        known = self.study.get_trials()
        running = [
            trial for trial in known if trial.state == TrialState.RUNNING and trial.params.keys() == self.space.keys()
        ]
        finished = sum(trial.state.is_finished() for trial in known)
        count = min(count, self.trials - finished)
        proposed = {trial.number: trial.params for trial in running[:count]}
        while len(proposed) < count:
            number = len(self.study.get_trials(deepcopy=False))
            self.study.sampler = TPESampler(seed=self.seed * APART + number, constant_liar=True)
            trial = self.study.ask(self.space)
            proposed[trial.number] = trial.params
        return proposed

    def tell(self, number: int, score: float) -> None:
        """Record the score of a trial; nan marks it as failed."""
        from optuna.trial import TrialState

        failed = score != score
        self.study.tell(number, None if failed else score, TrialState.FAIL if failed else TrialState.COMPLETE)

    @property
    def best(self) -> tuple[float, dict[str, Any]] | None:
        """The highest score and its values; None before any trial has succeeded."""
        from optuna.trial import TrialState

        complete = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        scores = [(float(trial.values[0]), trial.params) for trial in complete]
        return max(scores, key=lambda pair: pair[0], default=None)
