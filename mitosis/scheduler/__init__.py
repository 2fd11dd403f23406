"""Learning-rate schedules: functions of the optimiser, the run's total number of steps and the steps per epoch.

A schedule advances with every optimiser step; only ``plateau`` advances with every score on val. No schedule may keep
``total_steps`` in its state, which is part of the checkpoint, because a resumed run may be longer than before.
"""

from mitosis.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
