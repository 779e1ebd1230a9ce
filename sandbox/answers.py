"""What goes back to a client: replies, and refusals in the form Mews gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sandbox.encoding import encode

JSON = "application/json; charset=utf-8"


@dataclass
class Reply:
    """An answer, and how the connection treats it on its way.

    Attributes:
        status: the HTTP status; 0 drops the connection without an answer.
        body: the content, as long as Content-Length says.
        headers: further headers.
        cut: how many bytes of the body are sent before the connection drops.
        drop: whether a cut is a reset or a clean close.
        drip: seconds to wait before each piece of `piece` bytes.
    """

    status: int
    body: bytes | memoryview = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drop: Literal["reset", "close"] = "reset"
    drip: float = 0.0
    piece: int = 1 << 16


class Refusal(Exception):  # noqa: N818 - named for what the client gets
    """The request is refused.

    Attributes:
        breach: whether the client broke the contract, rather than met a limit that
            it could not know.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        breach: bool = True,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Refuse with an HTTP status and a message for the client."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.breach = breach
        self.headers = headers or {}


def answer(properties: dict[str, object]) -> Reply:
    """Give a successful reply."""
    return Reply(200, encode(properties), {"Content-Type": JSON})


def error(
    status: int, message: str, request_id: str, headers: dict[str, str] | None = None
) -> Reply:
    """Give an error as Mews words it."""
    body = {"Message": message, "RequestId": request_id, "Details": None}
    return Reply(status, encode(body), {"Content-Type": JSON, **(headers or {})})
