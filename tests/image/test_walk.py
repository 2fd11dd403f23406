"""Whose files lie in a folder: the user's, or those that systems and programs leave."""

from pathlib import Path, PurePath

import pytest

from mitosis.image.walk import files_under, is_own

LEFT = (
    [".ipynb_checkpoints/a-checkpoint.png", ".thumbnails/x.png", "__MACOSX/._a.png", "__MACOSX/a.png", "@eaDir/a.png"]
    + ["#recycle/a.png", "$RECYCLE.BIN/a.png", "System Volume Information/a", "._a.png", ".a.png", "~$cells.csv"]
    + ["Network Trash Folder/a.png", "Temporary Items/a.png", "FOUND.000/a.png", "@__thumb/a.png", "~snapshot/a.png"]
    + ["_gsdata_/a.png", "env/lib/site-packages/a.png", "node_modules/a.png"]
    + ["Thumbs.db", "deep/desktop.ini", "deep/.git/a.png", "a/@EADIR/b/c.png"]
)  # fmt: skip
OWN = ["a.png", "deep/a_b.png", "~a.png", "a.ipynb_checkpoints.png", "MACOSX/a.png", "a/Ärzte (1)/@b.png", "#1.png"]


@pytest.mark.parametrize("name", LEFT)
def test_what_systems_leave_is_not_the_users(name: str) -> None:
    assert not is_own(PurePath(name))


@pytest.mark.parametrize("name", OWN)
def test_other_names_are_the_users(name: str) -> None:
    assert is_own(PurePath(name))


def test_a_folder_is_walked_without_them_even_below_a_hidden_one(tmp_path: Path) -> None:
    root = tmp_path / ".cache" / "set"
    for name in (*LEFT, *OWN):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    assert {path.relative_to(root).as_posix() for path in files_under(root)} == set(OWN)


def test_links_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "far/deep").mkdir(parents=True)
    (tmp_path / "far/deep/ü b.txt").write_text("a")
    (tmp_path / "root").symlink_to(tmp_path / "far")
    (tmp_path / "far/loop").symlink_to(tmp_path / "far")
    assert [path.name for path in files_under(tmp_path / "root")] == ["ü b.txt"]
