"""What can go wrong with a call or a download.

A fault is a small callable that is given the way to the real answer: it may take it
and spoil what comes back, or answer something else and never carry the call out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from sandbox.answers import Reply, error
from sandbox.encoding import Json, decode, encode
from sandbox.limits import RetryAfter, retry_after

if TYPE_CHECKING:
    import threading

    from sandbox.clock import Clock

FILES = "files"


@dataclass
class Call:
    """A call that a fault may carry out, spoil or prevent."""

    carry_out: Callable[[], Reply]
    clock: Clock
    stopped: threading.Event
    request_id: str


Fault = Callable[[Call], Reply]


@dataclass(frozen=True)
class Status:
    """An error status with the JSON body that Mews gives; nothing is carried out."""

    status: int
    message: str = "Sandbox fault."
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, call: Call) -> Reply:
        """Answer in place of the operation."""
        return error(self.status, self.message, call.request_id, dict(self.headers))


@dataclass(frozen=True)
class TooMany:
    """429, which says when to come back in one of its forms, or does not."""

    form: RetryAfter | None = "seconds"
    seconds: float = 1.0

    def __call__(self, call: Call) -> Reply:
        """Answer in place of the operation."""
        headers = retry_after(self.form, self.seconds, call.clock)
        return error(429, "Too many requests.", call.request_id, headers)


@dataclass(frozen=True)
class HtmlBody:
    """An error page of some gateway."""

    status: int = 500

    def __call__(self, call: Call) -> Reply:
        """Answer in place of the operation."""
        page = f"<html><body><h1>{self.status} Server Error</h1></body></html>"
        headers = {"Content-Type": "text/html", "Request-Id": call.request_id}
        return Reply(self.status, page.encode(), headers)


@dataclass(frozen=True)
class Reset:
    """The connection is reset; nothing is carried out."""

    def __call__(self, call: Call) -> Reply:
        """Drop the connection."""
        del call
        return Reply(0)


@dataclass(frozen=True)
class LostAnswer:
    """The request is carried out, then the connection is reset."""

    def __call__(self, call: Call) -> Reply:
        """Drop the connection afterwards."""
        call.carry_out()
        return Reply(0)


@dataclass(frozen=True)
class Stall:
    """The answer takes its time."""

    seconds: float = 30.0

    def __call__(self, call: Call) -> Reply:
        """Wait, then answer."""
        call.stopped.wait(self.seconds)
        return call.carry_out()


@dataclass(frozen=True)
class Truncated:
    """Only a part of the JSON comes, as a whole HTTP body."""

    part: float = 0.5

    def __call__(self, call: Call) -> Reply:
        """Shorten the body."""
        reply = call.carry_out()
        return replace(reply, body=reply.body[: int(len(reply.body) * self.part)])


@dataclass(frozen=True)
class EmptyBody:
    """The status is right, the body empty."""

    def __call__(self, call: Call) -> Reply:
        """Remove the body."""
        return replace(call.carry_out(), body=b"")


@dataclass(frozen=True)
class NotJson:
    """The status is right, the body is not JSON."""

    def __call__(self, call: Call) -> Reply:
        """Replace the body."""
        return replace(call.carry_out(), body=b"<!doctype html><p>Maintenance")


@dataclass
class Edited:
    """The answer's JSON is not what it should be."""

    def __call__(self, call: Call) -> Reply:
        """Edit the body of a successful answer."""
        reply = call.carry_out()
        if reply.status != 200:  # noqa: PLR2004 - OK
            return reply
        body = decode(bytes(reply.body))
        self.edit(body)
        return replace(reply, body=encode(body))

    def edit(self, body: Json) -> None:
        """Change the body in place."""
        raise NotImplementedError


@dataclass
class MissingRows(Edited):
    """The property that holds the rows is missing."""

    def edit(self, body: Json) -> None:
        """Remove every list."""
        for name in [name for name, value in body.items() if isinstance(value, list)]:
            del body[name]


@dataclass
class NoId(Edited):
    """The last row of a page has no Id."""

    def edit(self, body: Json) -> None:
        """Remove the Id."""
        for rows in body.values():
            if isinstance(rows, list) and rows:
                rows[-1].pop("Id", None)


@dataclass
class SameCursor(Edited):
    """Every page has the cursor of the first one: switch it on with `times=None`."""

    _cursor: str | None = None

    def edit(self, body: Json) -> None:
        """Repeat the first cursor."""
        self._cursor = self._cursor or body.get("Cursor")
        body["Cursor"] = self._cursor


@dataclass(frozen=True)
class Cut:
    """The connection ends inside of the body."""

    after: int = 100
    drop: Literal["reset", "close"] = "reset"

    def __call__(self, call: Call) -> Reply:
        """Send only so many bytes."""
        reply = call.carry_out()
        if len(reply.body) <= self.after:
            return reply
        return replace(reply, cut=self.after, drop=self.drop)


@dataclass(frozen=True)
class Short:
    """The end of the body is missing, and Content-Length does not say so."""

    by: int = 10

    def __call__(self, call: Call) -> Reply:
        """Shorten the body."""
        reply = call.carry_out()
        return replace(reply, body=reply.body[: max(0, len(reply.body) - self.by)])


@dataclass(frozen=True)
class Drip:
    """The body comes in small pieces with pauses between them."""

    seconds: float = 0.05
    piece: int = 1024

    def __call__(self, call: Call) -> Reply:
        """Slow the body down."""
        return replace(call.carry_out(), drip=self.seconds, piece=self.piece)


TRANSIENT: tuple[Fault, ...] = (
    TooMany("seconds"),
    TooMany("date"),
    TooMany(None),
    Status(408, "Transaction has timed out."),
    HtmlBody(500),
    Status(502),
    Status(503),
    Status(525),
    Reset(),
    EmptyBody(),
    Truncated(),
    Stall(0.1),
)
TRANSIENT_DOWNLOAD: tuple[Fault, ...] = (
    Status(403),
    Status(503),
    Reset(),
    Cut(300),
    Cut(300, "close"),
    Short(),
    Drip(0.01, 1 << 14),
)
