"""Overrides as users type them, parsed by Hydra's own grammar."""

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given
from hypothesis import strategies as st

from mitosis.cli.overrides import arrange, literal, table_of
from mitosis.errors import InputError
from mitosis.run.keys import PATHS

PARSER = OverridesParser.create()
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)

WORDS = ["null", "???", "true", "nan", "-inf", "1e5", "1_0", "interval(1,2)", "choice(a,b)", "glob(*)", "{a:1}", "[2]"]
"""Folder names that Hydra's grammar would misread."""


def read(argument: str) -> object:
    """The value that Hydra parses from an argument after ``arrange``."""
    (arranged,) = arrange([argument])
    return PARSER.parse_override(arranged).value()


def is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]


@given(st.sampled_from(PATHS), TEXT)
@example("input", "a (1).png")
@example("data.root", "/mnt/a,b=c")
@example("input", "[2]")
@example("runs", "O'Neil")
@example("init", "back\\")
@example("init", "back\\'slash\\\\")
@example("output", "Ω µm")
@example("output", " ")
@example("input", "*/A0?_v2/{a,b}.bmp")
@example("init", "true")
@example("data.root", "nan")
@example("output", "1e5")
@example("input", "interval(1,2)")
def test_a_path_survives_hydras_grammar(key: str, value: str) -> None:
    listed = key == "candidates" and value.startswith("[") and value.endswith("]")
    if value not in ("null", "???") and not is_quoted(value) and not listed:
        assert read(f"{key}={value}") == value
        once = arrange([f"{key}={value}"])
        assert arrange(once) == once  # a step of the pipeline arranges what was arranged already


@given(st.lists(TEXT | st.sampled_from(WORDS), min_size=1))
@example(["a,b", "O'Neil", "c\\", "'"])
@example(["'quoted'", '"twice"', "'half", '"', " "])
@example(WORDS)
def test_a_list_of_quoted_paths_survives_hydras_grammar(paths: list[str]) -> None:
    listed = f"segmenter=[{','.join(map(literal, paths))}]"
    assert read(listed) == paths
    once = arrange([listed])
    assert arrange(once) == once


@given(st.lists(st.sampled_from(WORDS), min_size=1))
def test_a_path_that_looks_like_a_keyword_stays_a_path_in_a_list(paths: list[str]) -> None:
    assert read(f"segmenter=[{','.join(paths)}]") == paths


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("segmenter=[runs/a,runs/b (2)]", ["runs/a", "runs/b (2)"]),
        ("segmenter=['runs/a', \"runs/b,c\"]", ["runs/a", "runs/b,c"]),
        ("segmenter=runs/a", "runs/a"),
        ("segmenter=null", None),
        ("segmenter=[]", []),
        ("segmenter.set=[a=1,b=[2,3],c='x']", ["a=1", "b=[2,3]", "c='x'"]),
        ("segmenter.set=['a=1', \"b=[2,3]\"]", ["a=1", "b=[2,3]"]),
        ("classifier.set=[a={b: 1, c: 2},init=/O'Neil/x,d='y,z']", ["a={b: 1, c: 2}", "init=/O'Neil/x", "d='y,z'"]),
        ("data.root='/already quoted'", "/already quoted"),
        ("data.root=null", None),
        ("optimizer.lr=1e-3", 1e-3),  # no path: Hydra's own reading
        ("+data.root=a b,c", "a b,c"),
        ("data.sets.a_1.root=a b,c", "a b,c"),
        ("data.sets.a.labels=in (1)/a=b.csv", "in (1)/a=b.csv"),
        ("data.sets.a.radius_um=3", 3),
        ("data.patients=p (1).csv", "p (1).csv"),
    ],
)
def test_values(typed: str, value: object) -> None:
    assert read(typed) == value


@pytest.mark.parametrize(
    ("typed", "arranged"),
    [
        ("model=x data=y --multirun fold=0,1", "model=x data=y fold=0,1 --multirun"),
        ("-m model=x fold=0,1", "model=x fold=0,1 -m"),
        ("model=x --cfg job data=y", "model=x data=y --cfg job"),
        ("-m --cfg job data=y", "data=y --cfg job"),
        ("--config-dir my/conf --multirun loss=mine ~matching", "loss=mine ~matching --config-dir my/conf --multirun"),
        ("--info all data=y", "data=y --info all"),
        ("--info data=y", "data=y --info"),
    ],
)
def test_flags_are_moved_to_the_end(typed: str, arranged: str) -> None:
    assert arrange(typed.split()) == arranged.split()


def test_commands_that_take_their_data_from_a_run_accept_the_places_of_any_set() -> None:
    typed = ["data.sets.a.root=x y", "data.root=z", "data.sets.a.scanner=A"]
    arranged = ["++data.sets.a.root='x y'", "data.root='z'", "data.sets.a.scanner=A"]
    for command in ("evaluate", "propose"):
        assert arrange(typed, command) == arrange(arranged, command) == arranged
    assert arrange(typed, "train")[0] == "data.sets.a.root='x y'"


@pytest.mark.parametrize(("typed", "said"), [("--fold 3", "--fold"), ("-x", "-x"), ("loss=null", "cross_entropy")])
def test_overrides_that_hydra_rejects_are_refused(typed: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        arrange(typed.split())


@pytest.mark.parametrize("key", ["segmenter", "classifier"])
def test_a_comma_in_the_name_of_a_run_needs_no_quotes(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("runs/a-1,b-2/fold-0", "runs/a-1,b-3/fold-0", "plain", "runs/a-1/fold-0"):
        (tmp_path / name).mkdir(parents=True)
    assert read(f"{key}=[runs/a-1,b-2/fold-0,plain,runs/a-1,b-3/fold-0]") == [
        "runs/a-1,b-2/fold-0",
        "plain",
        "runs/a-1,b-3/fold-0",
    ]
    assert read(f"{key}=[runs/a-1,gone,plain]") == ["runs/a-1", "gone", "plain"]


@pytest.mark.parametrize("key", ["input", "output", "mpp", "data.root"])
def test_a_key_that_is_typed_twice_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=rf"^{key} is typed twice, a and b; type it once"):
        arrange([f"{key}=a", "runs=x", f"{key}=b"])
    assert len(arrange([f"{key}=a", f"{key}=a", "runs=x", "runs=y"])) == 4


@pytest.mark.parametrize("key", ["classes", "data.classes", "data.sets.a.classes"])
def test_a_table_of_classes_takes_any_letters_and_signs(key: str) -> None:
    for name, plain in (("Übergang", "Übergang"), ('"mitosis (-)"', "mitosis (-)"), ("'no, not'", "no, not")):
        typed = f"{key}={{{name}: ignore, no: non-mitosis}}"
        value = read(typed)
        assert isinstance(value, str)
        assert table_of(value) == {plain: "ignore", "no": "non-mitosis"}
        once = arrange([typed])
        assert arrange(once) == once
    assert read(f"{key}={{possible mitosis: mitosis, ROI*: ignore}}") == {
        "possible mitosis": "mitosis",
        "ROI*": "ignore",
    }
