"""Where a run's course is sent to beside its own folder."""
