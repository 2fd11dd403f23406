"""An upper limit on the bytes of a request, whatever its headers say."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

ROOM = 10_000
"""Bytes of a request besides the file."""


class TooLarge(HTTPException):
    """More bytes came than are taken."""

    def __init__(self, largest: int) -> None:
        super().__init__(413, f"the file has more than {largest / 1e6:g} MB; cut the image into fields")


def limited(request: Request, largest: int) -> Request:
    """The request, which raises ``TooLarge`` as soon as its body cannot hold a file of at most ``largest`` bytes.

    Raises ``TooLarge`` at once if its headers announce more.
    """
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > largest + ROOM:
        raise TooLarge(largest)
    came = 0

    async def receive() -> Message:
        nonlocal came
        message = await request.receive()
        came += len(message.get("body", b""))
        if came > largest + ROOM:
            raise TooLarge(largest)
        return message

    return Request(request.scope, receive)
