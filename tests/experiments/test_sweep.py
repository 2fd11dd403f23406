"""The tables of whole sweeps: their runs, their numbers worked out by hand, and small sweeps from end to end."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import sweep
import sweep_table
from kept_table import kept
from refused import refused
from sweep_table import Run, shown
from swept import A, B, run_of

from mitosis.run.conf import CONF

SCRIPT = Path(sweep.__file__)


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    return [
        run_of(tmp_path, 0, A, ["F1", "F2"], [(1, 2, 2), (1, 1, 2)]),
        run_of(tmp_path, 1, B, ["G1"], [(2, 2, 2), (2, 2, 2)]),
    ]


def test_the_runs_of_a_sweep() -> None:
    jobs = sweep.jobs_of("table4", ["fold=3", "segmenter.model=unet,segnet", "budget=hour"])
    assert [list(job.values()) for job in jobs] == [
        ["data=icpr2012", f"segmenter.model={word}", "fold=3", "budget=hour"] for word in ("unet", "segnet")
    ]
    assert len(sweep.jobs_of("table2", ["--multirun"])) == 25
    assert len(sweep.jobs_of("figure6", ["data=gzmh", "fold=official"])) == 5


def test_a_smoke_run_is_of_one_fold_of_synthetic_fields() -> None:
    assert sweep.with_defaults("table4", ["budget=smoke"]) == ["data=synthetic", "fold=0", "budget=smoke"]
    assert sweep.with_defaults("table4", ["budget=smoke", "data.size=128", "fold=1"])[:2] == [
        "data=synthetic",
        "budget=smoke",
    ]
    named = ["budget=smoke", "data=icpr2012", "fold=1,2", "data.root=x"]
    assert sweep.with_defaults("table2", named) == named
    assert sweep.with_defaults("unet_folds", ["budget=short"]) == ["budget=short"]
    unet = sweep.with_defaults("unet_without_augmentation", ["budget=smoke"])
    assert unet == ["data=synthetic", "fold=0", "segmenter.set=[augment=none]", "budget=smoke"]


def test_counts_are_pooled_over_the_folds(runs: list[Run]) -> None:
    alone, both = sweep_table.rows_of(runs)
    assert (alone.stage, both.stage) == ("stage one alone", "both stages")
    assert alone.fields == [(1, 2, 2), (0, 0, 0), (2, 2, 2)]
    assert both.fields == [(1, 1, 2), (0, 0, 0), (2, 2, 2)]
    cells = sweep_table.ours(both)
    assert cells[0].startswith("1.000 [")  # 3 of 3
    assert cells[1].startswith("0.750 [")  # 3 of 4
    assert cells[2].startswith("0.857 [")  # 6 / 7
    assert cells[3] == "0.833 ± 0.236"  # 2/3 and 1
    assert cells[4] == "0.375 ± 0.177"  # 1/4 and 1/2: the root of 2 × (1/8)²
    assert cells[5:] == ["3", "3", "4", "2", "random, ImageNet", "260", "18"]
    assert sweep_table.ours(alone)[5:] == ["3", "4", "4", "2", "random", "200", "14"]


def test_fields_are_drawn_as_stage_one_alone_was_counted(tmp_path: Path) -> None:
    """Its own threshold, 0.85, leaves one of the two candidates of F1."""
    run = run_of(tmp_path, 0, A, ["F1", "F2"], [(1, 1, 2), (1, 1, 2)])
    path = run.stages[1] / "evaluation.json"
    result = json.loads(path.read_text())
    result["chosen"]["segmenter"] = {"alone": 0.85}
    path.write_text(json.dumps(result))
    alone, _ = sweep_table.rows_of([run])
    assert alone.fields == [(1, 1, 2), (0, 0, 0)]


def test_a_mitosis_found_twice_is_no_second_prediction() -> None:
    """Under a rule of many to one, 3 mitoses may be found by 2 predictions."""
    row = sweep_table.Row("unet", "stage one alone", [sweep_table.Counts.of(3, 2, 4)], [None], [(3, 2, 4)], [["F1"]])
    assert sweep_table.ours(row)[0] == "1.000 [0.439, 1.000]"  # Wilson's interval of 3 of 3: from 3 / (3 + 1.96²)


def test_folds_on_the_same_fields_are_not_pooled(tmp_path: Path) -> None:
    runs = [run_of(tmp_path, fold, B, ["G1"], [(2, 2, 2), (2, 2, 2)]) for fold in (0, 1)]
    cells = sweep_table.ours(sweep_table.rows_of(runs)[0])
    expected = ["1.000", "1.000", "–", "1.000 ± 0.000", "0.375 ± 0.177", "2.0", "2.0", "2"]
    assert cells[:8] == expected, "means, and no interval"
    names = (["G1"], ["G1", "H1"])
    runs = [run_of(tmp_path / "b", fold, B, own, [(2, 2, 2), (2, 2, 2)]) for fold, own in enumerate(names)]
    assert sweep_table.ours(sweep_table.rows_of(runs)[0])[:6] == ["–", "–", "–", "1.000 ± 0.000", "0.375 ± 0.177", "–"]


def test_a_run_without_a_result_is_left_out(runs: list[Run]) -> None:
    (runs[1].stages[1] / "evaluation.json").unlink()
    assert sweep_table.ours(sweep_table.rows_of(runs)[0])[7:9] == ["2", "1"]


def test_published_numbers_stand_beside_ours(runs: list[Run]) -> None:
    head, alone, both = sweep_table.table("table4", sweep_table.rows_of(runs), *sweep_table.split_of(runs))
    own = dict(zip(head, alone, strict=True))
    assert own["published P"] == "0.3022 ≠"  # of another dataset
    assert own["source"] == "SCMitosis, Table 4: gzmh, official split, rule not stated"
    assert both[-4:] == ["", "", "", ""]
    _, alone, _ = sweep_table.table("table4", sweep_table.rows_of(runs), "gzmh", "official")
    assert alone[-4:-1] == ["0.3022", "0.7784", "0.4353"]


def test_each_published_row_is_one_of_a_sweep() -> None:
    with sweep_table.PUBLISHED.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name, key in sweep.SWEPT.items():
        swept = {job[key].partition("=")[2] for job in sweep.jobs_of(name, [])}
        known = {row["variant"] for row in rows if row["experiment"] == name}
        assert known & swept if name in sweep_table.OTHERS else known <= swept
        assert (CONF / "experiment" / f"{name}.yaml").is_file()
    for row in rows:
        precision, recall, f1 = (float(row[name]) for name in ("precision", "recall", "f1"))
        if row["experiment"].startswith("unet"):  # means of folds, of which F1 is not that of the means
            continue
        rounded = 2e-3 if row["experiment"] in sweep_table.OTHERS else 2e-4  # others give two or three digits
        assert 2 * precision * recall / (precision + recall) == pytest.approx(f1, abs=rounded)


def test_a_source_shared_by_all_rows_stands_below(runs: list[Run]) -> None:
    (head, _, first, _, _, below, _) = sweep_table.shown("table4", runs).split("\n")
    assert head.endswith("| published R | published F1 |")
    assert first.endswith("| 0.7784 ≠ | 0.4353 ≠ |")
    assert below.endswith(" Published: SCMitosis, Table 4: gzmh, official split, rule not stated.")
    assert sweep_table.shown("table3", runs).split("\n")[0].endswith("| published F1 | source |")


def test_published_methods_that_are_not_run_are_listed(runs: list[Run]) -> None:
    lines = sweep_table.table("table3", sweep_table.rows_of(runs), "icpr2012", "0,1")
    assert len(lines) == 1 + 2 + 12
    last = dict(zip(lines[0], lines[-1], strict=True))
    assert (last["variant"], last["F1"], last["published F1"]) == ("CPCN", "", "0.8529 ≠")
    assert last["source"] == "SCMitosis, Table 3, of Han et al. 2021: icpr2012, official split, rule not stated"
    said = sweep_table.caption("table3", "icpr2012", "0,1")
    assert "out-of-fold on folds 0,1 of the training part" in said
    assert "the official test part" in sweep_table.caption("table3", "icpr2012", "official")


def test_a_list_of_overrides_is_a_row_of_its_own() -> None:
    jobs = sweep.jobs_of("loss_table", ["fold=0"])
    assert [job["segmenter.set"] for job in jobs][:2] == [
        f"segmenter.set=['loss={word}']" for word in ("bce", "dice_bce")
    ]
    (run,) = sweep.runs_of("loss_table", {**jobs[1], "data": "data=synthetic"})
    assert run.variant == "loss=dice_bce"
    assert "loss-dice_bce" in str(run.stages[0])


def test_each_other_dataset_is_a_row_of_its_own() -> None:
    typed = sweep.arrange(sweep.with_defaults("cross_dataset", ["budget=smoke"]), "pipeline")
    (job,) = sweep.jobs_of("cross_dataset", typed)
    own, other = sweep.runs_of("cross_dataset", job)
    assert (own.variant, own.other) == ("synthetic", "")
    assert other.variant == "synthetic → synthetic,drawing_seed-1"
    assert other.stages == own.stages
    assert other.file("scores.csv").name == "scores-on-synthetic,drawing_seed-1.csv"
    assert "all fields but those of patients" in sweep_table.caption("cross_dataset", "icpr2012", "0,1")
    assert "others=[WORD=DIR,…]" in refused(lambda: sweep.main(["cross_dataset", "data=synthetic", "fold=0"]))


def test_every_table_has_a_target() -> None:
    text = (SCRIPT.parents[1] / "Makefile").read_text(encoding="utf-8")
    for name in sweep.SWEPT:
        assert f"\n{name}: $(STAMP) ## " in text


def test_a_table_as_markdown_and_csv() -> None:
    lines = [["a", "b"], ["1, 2", "x"]]
    assert sweep_table.markdown(lines) == "| a | b |\n|---|---|\n| 1, 2 | x |\n"
    assert sweep_table.as_csv(lines) == 'a,b\n"1, 2",x\n'


def test_refusals(capsys: pytest.CaptureFixture) -> None:
    assert refused(lambda: sweep.main([])) == f"no name: type one of {', '.join(sweep.SWEPT)}"
    said = refused(lambda: sweep.main(["table4", "data=synthetic", "fold=0", "segmenter.model=resnet18"]))
    assert "segmenter.model=resnet18 is a classifier" in said
    both = ["data=icpr2012,gzmh", "data.root=x", "fold=0", "ablation=full"]
    assert "one dataset" in refused(lambda: sweep.main(["table2", *both]))


TINY = ["budget=smoke", "data.size=128", "data.samples_per_epoch=8", "data.batch_size=4", "max_steps=2", "stain=none"]
CHEAP = "classifier.model=resnet18"
TILES = "view.train.size=64,view.train.jitter=16"


PUBLISHED = ["resnet34", "NEC", "SUTECH", "IPAL", "IDSIA", "HC+CNN", "CasNN", "RRF", "DeepMitosis", "SegMitos-8s"]
PUBLISHED += ["MaskMitosis", "CPCN"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("name", "own", "variants"),
    [
        ("table2", ["ablation=dsc_cbam,full"], ["dsc_cbam", "full"]),
        (
            "table4",
            ["segmenter.model=segnet,linknet34", "classifier.model=resnet18"],
            ["segnet"] * 2 + ["linknet34"] * 2,
        ),
        ("table3", [CHEAP], ["resnet18"] * 2 + PUBLISHED),
        ("unet_folds", ["segmenter.set=[]", "data.size=256"], ["unet_mitosis"]),
        ("cross_dataset", [CHEAP], ["synthetic"] * 2 + ["synthetic → synthetic,drawing_seed-1"] * 2),
        ("figure6", ["classifier.model=resnet18,mobilenetv3_large"], ["resnet18"] * 2 + ["mobilenetv3_large"] * 2),
    ],
)
def test_a_small_sweep_from_end_to_end(tmp_path: Path, name: str, own: list[str], variants: list[str]) -> None:
    command = [sys.executable, str(SCRIPT), name, *TINY, f"segmenter.set=[{TILES}]", *own]
    if name == "unet_folds":  # whole fields, no tiles
        command.remove(f"segmenter.set=[{TILES}]")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "runs" / "synthetic" / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["variant"] for row in rows] == variants
    ours = [row for row in rows if row["folds"]]
    assert all(int(row["ground truths"]) > 0 and row["folds"] == "1" and row["start"] == "random" for row in ours)
    table = (tmp_path / "runs" / "synthetic" / f"{name}.md").read_text()
    assert table in done.stdout
    assert shown(*kept(tmp_path / "runs" / "synthetic" / name)) == table
    if name != "figure6":  # what is done is found in the same way by all three
        return
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.stdout.count("nothing to do") >= 2 * len({row["variant"] for row in ours})
    assert table in again.stdout
