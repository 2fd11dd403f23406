"""The documentation matches the repository: its diagram, its links, its files, its lists of options."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from mitosis.run.conf import CONF, words_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    """``docs/rooms.py``, which is a script and no module of a package."""
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "docs/rooms.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_the_diagram_shows_the_current_imports(rooms: ModuleType):
    assert rooms.draw() == text_of("docs/rooms.svg"), "to draw it again: make docs"


def test_the_diagram_omits_implied_imports(rooms: ModuleType):
    edges = {("a", "b"), ("b", "c"), ("c", "d"), ("a", "c"), ("a", "d"), ("e", "d")}
    assert rooms.reduced(edges) == {("a", "b"), ("b", "c"), ("c", "d"), ("e", "d")}


def test_every_room_is_explained(rooms: ModuleType):
    named = set(re.findall(r"`(\w+)`", text_of("docs/architecture.md")))
    assert {room for floor in rooms.floors() for room in floor} <= named


def test_the_readme_is_short():
    assert len(text_of("README.md").splitlines()) <= 150
    assert text_of("README.md").count("mitosis-cascade") == 1


def test_every_page_is_in_the_menu():
    menu = yaml.safe_load(text_of("mkdocs.yml"))["nav"]
    pages = [
        page for entry in menu for value in entry.values() for page in ([value] if isinstance(value, str) else value)
    ]
    listed = [next(iter(page.values())) if isinstance(page, dict) else page for page in pages]
    assert sorted(listed) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_files_exist(page: Path):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target
    for path in re.findall(r"`((?:conf|mitosis|tests|experiments|benchmarks|docs)/[\w./+-]+)`", text):
        assert (ROOT / path).exists() or re.search("WORD|jaccard", path), path


def test_the_api_pages_name_existing_objects():
    for name in re.findall(r"^::: (\S+)", text_of("docs/api.md"), re.MULTILINE):
        module, _, thing = name.rpartition(".")
        if (ROOT / f"{name.replace('.', '/')}.py").is_file():
            continue
        text = text_of(f"{module.replace('.', '/')}.py")
        assert re.search(rf"^(?:class |def |from .* import .*\b){thing}\b", text, re.MULTILINE), name


@pytest.mark.parametrize("group", ["model", "ablation", "budget", "loss", "augment", "stain", "optimizer", "scheduler"])
def test_every_option_that_the_table_of_choices_lists_exists(group: str):
    (row,) = re.findall(rf"^\| `{group}` \|(.*)\|$", text_of("docs/train.md"), re.MULTILINE)
    listed = set(re.findall(r"`(\w+)`", row))
    assert listed
    assert listed <= set(words_of(group))


def test_every_dataset_that_the_docs_list_exists():
    table = text_of("docs/data.md").partition("| `data=` |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    assert len(listed) > 5
    assert listed <= set(words_of("data"))


def test_every_group_is_in_the_table_of_extend():
    rows = "\n".join(re.findall(r"^\| (.*?) \|", text_of("docs/extend.md"), re.MULTILINE))
    groups = {path.name for path in CONF.iterdir() if path.is_dir()} - {"hydra"}
    assert groups == set(re.findall(r"`(\w+)`", rows))


def test_one_word_leads_to_four_places_where_the_table_says_so():
    for group in ("data", "augment", "stain", "stage", "loss"):
        for word in set(words_of(group)) - {"cross_entropy", "icpr2012_atypia14"}:  # torch's own; joined of two words
            assert (ROOT / f"mitosis/{group}/{word}.py").is_file(), f"{group}={word}"
            assert (ROOT / f"tests/{group}/test_{word}.py").is_file(), f"{group}={word}"
