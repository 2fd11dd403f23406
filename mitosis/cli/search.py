"""A search for settings with a high score, by Optuna; what was tried lies in a file, so that a search goes on."""

from pathlib import Path
from typing import Any

from mitosis.errors import InputError

APART = 100_003
"""Between the random seeds of two searches, room for the seeds of their trials."""


class Search:
    """The trials of one search; ``space``: a key to its Optuna distribution. ``path``: an sqlite file, made if absent.

    Ends when ``trials`` are told, failed ones among them. What a trial tries follows from ``seed``, its number and what
    was told before, whether or not the search was stopped in between. Raises ``InputError`` where Optuna is missing.
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
        """Up to ``count`` trials, a number to its values: those first that a stopped search left; none at the end."""
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        known = self.study.get_trials()
        running = [
            trial for trial in known if trial.state == TrialState.RUNNING and trial.params.keys() == self.space.keys()
        ]
        told = sum(trial.state.is_finished() for trial in known)
        count = min(count, self.trials - told)
        found = {trial.number: trial.params for trial in running[:count]}
        while len(found) < count:
            number = len(self.study.get_trials(deepcopy=False))
            self.study.sampler = TPESampler(seed=self.seed * APART + number, constant_liar=True)
            trial = self.study.ask(self.space)
            found[trial.number] = trial.params
        return found

    def tell(self, number: int, score: float) -> None:
        """What a trial reached; nan: nothing."""
        from optuna.trial import TrialState

        failed = score != score
        self.study.tell(number, None if failed else score, TrialState.FAIL if failed else TrialState.COMPLETE)

    @property
    def best(self) -> tuple[float, dict[str, Any]] | None:
        """The highest score and its values; None before any trial reached something."""
        from optuna.trial import TrialState

        complete = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        scores = [(float(trial.values[0]), trial.params) for trial in complete]
        return max(scores, key=lambda pair: pair[0], default=None)
