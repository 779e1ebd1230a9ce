"""Where rows come from, and how the tap tells of odd ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tap_mews.errors import InvalidRecordError
from tap_mews.records.validator import HINT
from tests.harness import Json, Result, select, sync

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call


CUSTOMERS = "customers/getAll"

GUEST = "Quillfeather-s3cr3t"
BOM = b"\xef\xbb\xbf"
GOOD = b'{"Id":"good"}'


@dataclass(frozen=True)
class Page:
    """An answer with these rows, byte for byte."""

    rows: Sequence[bytes]
    key: str = "Customers"
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
    stream: str = "customers"
    text: str = "LastName"
    list: str = "Classifications"

    def sync(self, *rows: bytes, **settings: object) -> Result:
        """Read one page of one window."""
        return sync_page(self.sandbox, Page(rows), **settings)

    def place(self, number: int) -> str:
        """The operation, window, page, request and row."""
        request = self.sandbox.journal.requests(CUSTOMERS)[-1]
        window = " to ".join(request.body["UpdatedUtc"].values())
        page = f"page 1 (RequestId {request.request_id})"
        return f"{CUSTOMERS} ({window}), {page}, row {number}"


def sync_page(sandbox: Sandbox, page: Page, **settings: object) -> Result:
    """Read customers of one window that come in one page."""
    sandbox.faults.clear()
    sandbox.faults.add(CUSTOMERS, page, times=None)
    config = {"extraction": "pages", "reference_start_date": "2026-02-25", **settings}
    return sync(sandbox.config(**config), catalog=select("customers"))


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
    assert text.removesuffix(f"; {HINT}").endswith(what)
    assert "\n" not in text
