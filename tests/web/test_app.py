"""The app with an answer of its own: what it takes, what it refuses, and what is left of an upload."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mitosis.errors import InputError

pytest.importorskip("starlette")
pytest.importorskip("python_multipart")
pytest.importorskip("httpx")
from starlette.testclient import TestClient

from mitosis.web.app import app, shown


class Recorded:
    """An answer that notes what it was given, and how many were counted at once."""

    def __init__(self) -> None:
        self.given: list[tuple[Path, bytes, str, float | None]] = []
        self.at_once = self.most = 0

    def __call__(self, path: Path, name: str, mpp: float | None) -> str:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        threading.Event().wait(0.05)
        self.given.append((path, path.read_bytes(), name, mpp))
        self.at_once -= 1
        if name == "broken.png":
            raise InputError(f"{path}: not an image;\ncopy it again")
        if name == "worse.png":
            raise ValueError("secret of the server")
        return f"<h1>{len(self.given[-1][1])} bytes</h1>"


@pytest.fixture
def answer() -> Recorded:
    return Recorded()


@pytest.fixture
def client(answer: Recorded) -> Iterator[TestClient]:
    made = app(answer, largest=50_000, hosts=("127.0.0.1",), facts=["networks <a>"])
    with TestClient(made, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


def test_the_first_page_asks_for_an_image_and_loads_nothing(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "Drop an image here" in page.text
    assert "at most 0.05 MB" in page.text
    assert "networks &lt;a&gt;" in page.text
    assert "default-src 'none'" in page.text
    assert "{{" not in page.text


def test_an_image_is_answered_by_its_page_and_deleted(client: TestClient, answer: Recorded) -> None:
    page = client.post("/", files={"image": ("../../etc/a b.PNG", b"x" * 70)}, data={"mpp": "0,25"})
    assert (page.status_code, page.text) == (200, "<h1>70 bytes</h1>")
    assert page.headers["cache-control"] == "no-store"
    ((path, content, name, mpp),) = answer.given
    assert (path.name, content, name, mpp) == ("image.png", b"x" * 70, "a b.PNG", 0.25)
    assert not path.parent.exists()


def test_two_at_once_are_both_answered_one_after_the_other(client: TestClient, answer: Recorded) -> None:
    def post(size: int) -> str:
        return client.post("/", files={"image": ("a.png", b"x" * size)}).text

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(post, (1, 2, 3))) == ["<h1>1 bytes</h1>", "<h1>2 bytes</h1>", "<h1>3 bytes</h1>"]
    assert answer.most == 1


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("broken.png", 400, "broken.png: not an image; copy it again"),
        ("worse.png", 500, "worse.png: it could not be counted; the server&#x27;s log says why"),
        ("a.svs", 415, "a.svs: .bmp, .png, .tif, .tiff, .jpg, .jpeg are read; whole slides are for"),
        ("<b>.exe", 415, "&lt;b&gt;.exe: "),
    ],
)
def test_what_goes_wrong_is_one_line(client: TestClient, answer: Recorded, name: str, status: int, said: str) -> None:
    page = client.post("/", files={"image": (name, b"x")})
    assert page.status_code == status
    (line,) = [line for line in page.text.splitlines() if 'role="alert"' in line]
    assert said in line
    assert "/" not in line.split(">", 1)[1].replace("</p>", ""), "no path of the server"
    assert "secret" not in page.text
    assert not any(path.parent.exists() for path, *_ in answer.given)
    assert client.get("/").status_code == 200, "it goes on"


@pytest.mark.parametrize("announced", [True, False])
def test_too_many_bytes_are_refused_announced_or_not(client: TestClient, answer: Recorded, announced: bool) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + b"x" * 80_000
    content = body + b"\r\n--b--\r\n"
    parts = content if announced else (content[at : at + 10_000] for at in range(0, len(content), 10_000))
    page = client.post("/", content=parts, headers={"content-type": "multipart/form-data; boundary=b"})
    assert page.status_code == 413
    assert "the file has more than 0.05 MB" in page.text
    assert answer.given == []


def test_what_is_no_image_of_this_page_is_refused(client: TestClient, answer: Recorded) -> None:
    assert "no image was sent" in client.post("/", data={"mpp": "1"}).text
    assert "no image was sent" in client.post("/", data={"image": "text"}).text
    for typed in ("quarter", "nan", "1e999"):
        page = client.post("/", files={"image": ("a.png", b"x")}, data={"mpp": typed})
        assert (page.status_code, "type a number such as 0.25" in page.text) == (400, True)
    assert (
        client.post("/", content=b"--", headers={"content-type": "multipart/form-data; boundary=x"}).status_code == 400
    )
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert client.post("/", files={"image": ("a.png", b"x")}, headers=elsewhere).status_code == 403
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/../etc/passwd").status_code == 404
    assert answer.given == []


def test_a_name_is_only_shown() -> None:
    assert shown(r"C:\a\b.png") == "b.png"
    assert shown("a/\x1b[2Jb\n.png") == "[2Jb.png"
    assert shown("x" * 300 + ".png") == "x" * 96 + ".png"
    assert shown("/") == "image"
