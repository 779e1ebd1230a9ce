"""Where rows come from, and how the tap tells of odd ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tap_mews.errors import InvalidRecordError
from tests.harness import Json, Result, select, sync
from tests.pages_harness import ENTERPRISES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call


GUEST = "Quillfeather-s3cr3t"
BOM = b"\xef\xbb\xbf"
GOOD = b'{"Id":"good"}'


@dataclass(frozen=True)
class Page:
    """An answer with these rows, byte for byte."""

    rows: Sequence[bytes]
    key: str = "Enterprises"
    before: bytes = b""
    between: bytes = b","

    def __call__(self, call: Call) -> Reply:
        """Answer in place of the operation."""
        reply = call.carry_out()
        rows = self.between.join(self.rows)
        body = b'%b{"%b":[%b],"Cursor":null}' % (self.before, self.key.encode(), rows)
        return replace(reply, status=200, body=body)


class Source(Protocol):
    """Where rows can come from."""

    stream: str
    text: str
    list: str

    def sync(self, *rows: bytes, **settings: object) -> Result:
        """Read rows as they are."""

    def place(self, number: int) -> str:
        """How errors name the place of a row, counted from 1."""


@dataclass
class Export:
    """Rows of an export, a line each."""

    sandbox: Sandbox
    stream: str = "customers"
    text: str = "LastName"
    list: str = "Classifications"

    def sync(self, *rows: bytes, **settings: object) -> Result:
        """Read one file."""
        self.sandbox.exports.files["Customer"] = [b"\n".join(rows)]
        return sync(self.sandbox.config(**settings), catalog=select(self.stream))

    def place(self, number: int) -> str:
        """The export, file and line."""
        return f"export {self.sandbox.exports.jobs[-1].id}, file 1 of 1, line {number}"


@dataclass
class Pages:
    """Rows of a page."""

    sandbox: Sandbox
    stream: str = "enterprises"
    text: str = "Name"
    list: str = "GroupNames"

    def sync(self, *rows: bytes, **settings: object) -> Result:
        """Read one page; the list of properties before it is as it should be."""
        self.sandbox.faults.clear()
        self.sandbox.faults.add(ENTERPRISES, Page(rows), times=None, after=1)
        return sync(self.sandbox.config(**settings), catalog=select(self.stream))

    def place(self, number: int) -> str:
        """The operation, page, request and row."""
        request = self.sandbox.journal.requests(ENTERPRISES)[-1].request_id
        return f"{ENTERPRISES} (all), page 1 (RequestId {request}), row {number}"


def row_of(source: Source, properties: str, key: str = "odd") -> bytes:
    """A row with some JSON in it."""
    text = f'{{"Id":"{key}",{properties}}}'
    text = text.replace("{text}", source.text).replace("{list}", source.list)
    return text.encode("utf-8", "surrogateescape")


def emitted(result: Result, source: Source) -> list[Json]:
    """The records, as a target reads them."""
    return result.records[source.stream]


def assert_told(result: Result, source: Source, number: int, what: str) -> None:
    """The error says exactly where the row is and what is wrong, in one line."""
    assert isinstance(result.error, InvalidRecordError)
    text = str(result.error)
    assert text.startswith(f"{source.stream}: ")
    assert source.place(number) in text
    assert text.endswith(what)
    assert "\n" not in text
