"""Learning-rate schedules: functions of the optimiser, the run's number of steps, and that of an epoch.

Each moves with every step of the optimiser, ``plateau`` alone with every score on val. None may keep ``total_steps`` in
its state, which lies in the checkpoint: a run that goes on may be longer than it was.
"""

from mitosis.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
