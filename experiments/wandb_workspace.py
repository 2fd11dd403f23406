"""Build the dashboard of DASHBOARDS.md: ``python experiments/wandb_workspace.py [ENTITY [PROJECT]]``.

Without arguments, it prints the view as JSON. With the name of a W&B user or team, it saves the view there, which needs
a key and ``pip install wandb-workspaces``.
"""

import json
import sys
from typing import Any

STEP = "trainer/global_step"
VIEW: dict[str, Any] = {
    "name": "mitosis",
    "group_by": ["experiment", "variant"],
    "columns": ["run:jobType", "config:fold", "summary:best/ap", "summary:best/f1", "summary:steps", "summary:minutes"],
    "sections": [
        {
            "name": "On val",
            "panels": [
                {"kind": "line", "title": "Average precision", "metrics": ["val/ap"]},
                {"kind": "line", "title": "F1 at its best threshold", "metrics": ["val/f1"]},
                {"kind": "line", "title": "Precision and recall there", "metrics": ["val/precision", "val/recall"]},
                {"kind": "line", "title": "Threshold of the best F1", "metrics": ["val/threshold"]},
            ],
        },
        {
            "name": "Training",
            "panels": [
                {"kind": "line", "title": "Loss", "metrics": ["train/loss", "val/loss"]},
                {"kind": "line", "title": "Learning rate", "pattern": "lr-.*"},
            ],
        },
        {"name": "Predictions", "panels": [{"kind": "media", "title": "Fields of val", "metrics": ["panel"]}]},
        {
            "name": "Variants",
            "panels": [
                {"kind": "bar", "title": "Best average precision, by variant", "metrics": ["best/ap"]},
                {"kind": "bar", "title": "Minutes, by variant", "metrics": ["minutes"]},
                {"kind": "bar", "title": "F1 on test, all folds' counts together", "metrics": ["test/f1_pooled"]},
                {"kind": "table", "metrics": ["folds"]},
            ],
        },
        {
            "name": "Pixels of stage one",
            "panels": [
                {"kind": "line", "title": "F1", "metrics": ["val/pixel_f1"]},
                {"kind": "line", "title": "IoU", "metrics": ["val/pixel_iou"]},
            ],
        },
    ],
}
"""The sections of the view. Runs are grouped by ``group_by``, so lines show the mean and spread over the folds."""


def main(entity: str | None = None, project: str = "mitosis") -> None:
    if entity is None:
        print(json.dumps(VIEW, indent=2))
        return
    try:
        workspace = build(entity, project)
    except ModuleNotFoundError:
        sys.exit("wandb_workspace: to save the view, pip install wandb-workspaces; without a name, it is printed")
    print(workspace.save().url)


def build(entity: str, project: str) -> Any:
    """The view as an unsaved workspace object."""
    import wandb_workspaces.workspaces as ws

    sections = [
        ws.Section(name=section["name"], panels=[_panel(panel) for panel in section["panels"]], is_open=True)
        for section in VIEW["sections"]
    ]
    runs = ws.RunsetSettings(
        groupby=[ws.Config(name) for name in VIEW["group_by"]], pinned_columns=list(VIEW["columns"])
    )
    return ws.Workspace(entity=entity, project=project, name=VIEW["name"], sections=sections, runset_settings=runs)


def _panel(panel: dict[str, Any]) -> Any:
    import wandb_workspaces.reports.v2 as wr

    match panel["kind"]:
        case "line" if "pattern" in panel:
            return wr.LinePlot(title=panel["title"], x=STEP, metric_regex=panel["pattern"])
        case "line":
            return wr.LinePlot(title=panel["title"], x=STEP, y=panel["metrics"])
        case "bar":
            return wr.BarPlot(title=panel["title"], metrics=panel["metrics"], groupby=wr.Config("variant"))
        case "media":
            return wr.MediaBrowser(title=panel["title"], media_keys=panel["metrics"])
        case _:
            return wr.WeavePanelSummaryTable(table_name=panel["metrics"][0])


if __name__ == "__main__":
    main(*sys.argv[1:])
