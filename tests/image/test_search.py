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
