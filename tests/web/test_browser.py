"""The server and a real browser: an image is dropped on the page, and its own page comes back."""

import base64
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from chromium import CHROMIUM, browsing
from PIL import Image
from two_stages import SteepDarkness, write_runs

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
import uvicorn
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.single_page import single_page
from mitosis.errors import InputError
from mitosis.output.page.upload import upload_page
from mitosis.web.app import app

DROP = """<script>
const bytes = Uint8Array.from(atob("CONTENT"), (letter) => letter.charCodeAt(0));
const box = new DataTransfer();
box.items.add(new File([bytes], "NAME"));
document.dispatchEvent(new DragEvent("drop", { dataTransfer: box }));
form.elements.mpp.value = "0.25";
form.requestSubmit();
</script></body>"""


def png() -> bytes:
    """Pink tissue with a red square, a mitosis to these networks, and a grey one."""
    image = np.full((200, 300, 3), (215, 170, 205), np.uint8)
    image[50:62, 100:112], image[120:132, 200:212] = (90, 20, 20), (40, 40, 40)
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    return file.getvalue()


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("MITOSIS_TRUST", "two_stages")
    runs = [run.partition("=")[2] for run in write_runs(tmp_path, SteepDarkness, window=64, overlap=16)]
    return partial(single_page, Cascade.load(*runs), hpf_mm=0.55)


@pytest.fixture
def address(answer: Callable[..., str]) -> Iterator[str]:
    """The address of a running server, with pages on which a script drops a good and a hostile file."""

    async def drop(request: Request) -> HTMLResponse:
        content = png() if request.path_params["what"] == "good" else png()[:200]
        script = DROP.replace("CONTENT", base64.b64encode(content).decode()).replace("NAME", "drawn.png")
        return HTMLResponse(upload_page(10**6, []).replace("</body>", script))

    made = app(answer, largest=10**6, hosts=("127.0.0.1",))
    made.routes.append(Route("/drop/{what}", drop))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(made, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_dropped_image_is_counted(address: str, tmp_path: Path) -> None:
    with browsing(tmp_path / "profile") as tab:
        tab.open(f"{address}/drop/good")
        tab.until("document.getElementById('figures')?.textContent === '1'")
        assert tab.value("document.querySelector('h1').textContent") == "drawn.png"
        assert tab.value("document.querySelectorAll('.card').length") == 2
        tab.open(f"{address}/drop/broken")
        tab.until("document.querySelector('p.failed[role=alert]')")
        line = tab.value("document.querySelector('p.failed[role=alert]').textContent")
    assert line.startswith("drawn.png: ")
    assert "copy or export it again" in line


def test_what_an_image_lacks_is_said(answer: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(png())
    for mpp, words in ((None, "do not state their resolution"), (40.0, "mpp=40.0: µm per pixel lie between")):
        with pytest.raises(InputError, match=words):
            answer(path, "a.png", mpp)
    assert "<title>a.png: mitotic count</title>" in answer(path, "a.png", 0.25)
