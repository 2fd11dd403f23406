"""The app: a page to drop an image on, and the page of the image as the answer."""

import math
import re
import shutil
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from mitosis.errors import InputError
from mitosis.image.search import SUFFIXES
from mitosis.output.page.upload import upload_page
from mitosis.web.limit import limited

Answer = Callable[[Path, str, float | None], str]
"""From an image file, its shown name and the µm per pixel, if they were typed, to its page; ``InputError``."""

LONGEST_NAME = 100
OWN = ("same-origin", "none")
"""What a browser says of a request that does not come from another site's page."""


def app(answer: Answer, *, largest: int, hosts: Sequence[str], facts: Sequence[str] = ()) -> Starlette:
    """The app, which answers one image at a time; others wait for their turn.

    An image is kept in a temporary folder under a name of ours while it is counted. No name of a client is used as a
    path, requests for another host or from another site's page are refused, and what goes wrong is said in one line.

    Args:
        answer: Makes the page of an image.
        largest: Most bytes of an image.
        hosts: Names and addresses by which the server may be called.
        facts: Lines on how the detections are made.
    """
    limiters: list[CapacityLimiter] = []

    def page(failed: str = "", status: int = 200) -> HTMLResponse:
        return HTMLResponse(upload_page(largest, facts, failed), status, headers={"Cache-Control": "no-store"})

    async def show(request: Request) -> HTMLResponse:
        return page()

    async def count(request: Request) -> HTMLResponse:
        if request.headers.get("sec-fetch-site", "none") not in OWN:
            raise HTTPException(403, "images are taken from this page alone")
        if not limiters:
            limiters.append(CapacityLimiter(1))  # belongs to the running event loop
        form_of = limited(request, largest)
        with TemporaryDirectory(prefix="mitosis-serve-") as place:
            async with form_of.form(max_files=1, max_fields=2) as form:
                upload, typed = form.get("image"), form.get("mpp")
                if not isinstance(upload, UploadFile) or not upload.filename:
                    raise HTTPException(400, "no image was sent; choose one")
                name, mpp = shown(upload.filename), typed_number(typed)
                path = Path(place) / f"image{suffix_of(name)}"
                await to_thread.run_sync(_keep, upload.file, path)
            text = await to_thread.run_sync(_answered, answer, path, name, mpp, limiter=limiters[0])
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})

    def refused(request: Request, error: Exception) -> HTMLResponse:
        assert isinstance(error, HTTPException)
        return page(" ".join(error.detail.split()), error.status_code)

    return Starlette(
        routes=[Route("/", show), Route("/", count, methods=["POST"])],
        exception_handlers={HTTPException: refused},
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
    )


def shown(name: str) -> str:
    """The last part of a client's file name as it may be shown, without what a terminal or a path could act on."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:] or "image"


def suffix_of(name: str) -> str:
    """The suffix of an image, one of ours; raises ``HTTPException`` for a file of another kind."""
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return suffix
    raise HTTPException(415, f"{name}: {', '.join(SUFFIXES)} are read; whole slides are for python -m mitosis.predict")


def typed_number(typed: object) -> float | None:
    """The µm per pixel that a form holds, None if none were typed; raises ``HTTPException`` for anything else."""
    if typed is None or (isinstance(typed, str) and not typed.strip()):
        return None
    try:
        number = float(str(typed).strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise HTTPException(400, "µm per pixel: type a number such as 0.25")
    return number


def _keep(file: IO[bytes], path: Path) -> None:
    with path.open("wb") as kept:
        shutil.copyfileobj(file, kept)


def _answered(answer: Answer, path: Path, name: str, mpp: float | None) -> str:
    """The page of an image; raises ``HTTPException`` with one line, in which the file has the client's name."""
    try:
        return answer(path, name, mpp)
    except InputError as error:
        raise HTTPException(400, str(error).replace(str(path), name)) from error
    except Exception as error:  # of a file that nobody has thought of: the server goes on
        traceback.print_exc()
        raise HTTPException(500, f"{name}: it could not be counted; the server's log says why") from error
