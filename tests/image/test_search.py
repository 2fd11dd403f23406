"""The image files named by a path."""

import pytest

from mitosis.errors import InputError
from mitosis.image.search import find_images


def test_the_images_of_paths_folders_and_globs(tmp_path, monkeypatch):
    inside = tmp_path / "set [1]" / "deep"
    inside.mkdir(parents=True)
    for name in ("x1.png", "x2.PNG", "y1.jpeg"):
        (inside / name).write_bytes(b"")
    (inside / "x3.txt").write_text("")

    def names(given: str) -> list[str]:
        return [path.name for path in find_images(given)]

    assert names(f"{inside}/x*") == ["x1.png", "x2.PNG"]
    assert names(f"{tmp_path}/set [1]/**/*.*") == names(str(inside)) == ["x1.png", "x2.PNG", "y1.jpeg"]
    assert names(f"{tmp_path}/set*/d??p/y[0-9].jpeg") == ["y1.jpeg"]
    monkeypatch.chdir(inside)
    assert names("*1.*") == ["x1.png", "y1.jpeg"]
    assert names(".") == ["x1.png", "x2.PNG", "y1.jpeg"]
    (inside / "x[1].png").write_bytes((inside / "x1.png").read_bytes())
    assert names("x[1].png") == ["x[1].png"]  # a file with exactly this name takes precedence
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x1.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"two images are named x1\.png"):
        find_images(f"{tmp_path}/**/*.png")
    for nothing in ("z*", "nowhere", str(tmp_path / "nowhere"), "x3*", "/nowhere/*.png"):
        with pytest.raises(InputError, match="no such file or folder, and as a glob it names no image"):
            find_images(nothing)


def test_what_is_passed_over_is_counted(tmp_path):
    for name in ("a.png", "b.webp", "c.svs", "d.SVS", "deep/e.png", "deep/f.png", "words/a.txt", ".hidden/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "self.png").symlink_to("self.png")
    with pytest.warns(UserWarning, match="skipped") as caught:
        assert [path.name for path in find_images(str(tmp_path))] == ["a.png"]
    said = [str(one.message).removeprefix(f"{tmp_path}: ") for one in caught]
    assert said[0].startswith("2 .svs, 1 .webp skipped; .bmp, .png, ")
    assert said[1] == f"1 link(s) that lead nowhere are skipped: {tmp_path / 'self.png'}"
    assert said[2].startswith("1 folder(s) with images in it are skipped: deep; type input=")


def test_an_image_that_several_links_lead_to_is_found_once(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "again").symlink_to(tmp_path)
    for given in (str(tmp_path), f"{tmp_path}/**/*.png"):
        assert find_images(given) == [tmp_path / "a.png"]


def test_folders_that_systems_leave_are_passed_over(tmp_path):
    for name in ("a.png", "__MACOSX/b.png", "@eaDir/c.png", ".thumbnails/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert find_images(f"{tmp_path}/**/*") == [tmp_path / "a.png"]
    assert find_images(str(tmp_path / "__MACOSX/b.png")) == [tmp_path / "__MACOSX/b.png"]


def test_a_folder_that_contains_itself_is_counted_once(tmp_path):
    for name in ("a.png", "b.webp"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "self.png").symlink_to("self.png")
    with pytest.warns(UserWarning, match="skipped") as caught:
        assert [path.name for path in find_images(f"{tmp_path}/**/*")] == ["a.png"]
    said = [str(one.message).removeprefix(f"{tmp_path}/**/*: ") for one in caught]
    assert said[0].startswith("1 .webp skipped")
    assert said[1] == f"1 link(s) that lead nowhere are skipped: {tmp_path / 'self.png'}"


def test_further_suffixes_are_found_and_not_warned_of(tmp_path):
    for name in ("a.svs", "b.NDPI", "c.png", "d.webp", "._a.svs"):
        (tmp_path / name).touch()
    with pytest.warns(UserWarning, match=r"1 \.webp skipped; .*\.jpeg, \.svs, \.ndpi are read"):
        assert [path.name for path in find_images(str(tmp_path), (".svs", ".ndpi"))] == ["a.svs", "b.NDPI", "c.png"]
