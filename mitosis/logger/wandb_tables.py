"""Tables in Weights & Biases: one W&B run for a folder of tables."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from mitosis.logger.wandb import one_line, shortened, start


def record_tables(
    folder: Path,
    title: str,
    tables: Mapping[str, Sequence[Sequence[str]]],
    *,
    project: str = "mitosis",
    entity: str | None = None,
) -> None:
    """Record tables as the W&B run of their folder; a second call updates it.

    If W&B fails (no package, an outage), a warning says so: the tables lie in the folder as well.

    Args:
        folder: The folder of the tables; the run's id is stored in it.
        title: What they are of.
        tables: Name of a table → its head and its rows.
        project: W&B project.
        entity: W&B user or team; None for the default one.
    """
    about = {"name": shortened(f"report of {title}"), "job_type": "report", "config": {"experiment": title}}
    try:
        import wandb

        run = start(folder, project=project, entity=entity, **about)
        made = {
            name: wandb.Table(columns=[*head], data=[[*row] for row in rows]) for name, (head, *rows) in tables.items()
        }
        run.log(made)
        run.finish()
    except Exception as error:  # whatever the package, its service or its server raises
        warnings.warn(f"W&B: {one_line(error)}; the tables lie in {folder}", stacklevel=2)
