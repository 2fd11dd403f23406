"""``python -m mitosis.report runs=DIR``: evaluated runs as one page, and as tables beside it."""

from pathlib import Path
from typing import Any

from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.reporting.evaluated import find_evaluated
from mitosis.run.name import Choices

WANDB = "mitosis.logger.WandbRun"


def report(config: dict[str, Any], choices: Choices) -> None:
    """Write ``report.html``, and each of its tables as csv, Markdown and LaTeX beside it.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    With ``logger=wandb`` the tables go to Weights & Biases as well.

    Raises:
        InputError: No run with a test score is in ``runs``, a file of one is broken, or a package for plots or tests is
            missing, or another logger is chosen.
    """
    root = folder(config["runs"], "runs")
    output = Path(str(config["output"] or root / "report")).expanduser()
    if output.exists() and not output.is_dir():
        raise InputError(f"output={output} is a file; give a folder")
    logger = config.get("logger")
    if logger and logger["_target_"] != WANDB:
        raise InputError("logger: the tables of a report go to Weights & Biases alone; type logger=wandb")
    runs = find_evaluated(root)

    from mitosis.reporting.page.report_page import write_page
    from mitosis.reporting.report import report_of

    content = report_of(runs, config["data"])
    write_page(output / "report.html", content)
    for table in content.tables:
        table.write(output)
    if logger:
        from mitosis.logger.wandb_tables import record_tables

        cells = {table.name: [table.head, *table.rows] for table in content.tables}
        record_tables(output, content.title, cells, project=logger["project"], entity=logger["entity"])
    best = content.answer
    print(f"{best.label}: {best.best}")
    print(", ".join(f"{value} {name}" for value, name in best.numbers))
    print(f"{output / 'report.html'}, and its {len(content.tables)} tables as csv, Markdown and LaTeX beside it")


if __name__ == "__main__":
    entry("report", report)
