"""Values of the service that cannot be: each is one line, and moves no bookmark."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Sandbox
from sandbox.answers import error
from sandbox.faults import Drip, Status
from tap_mews.api import responses, session, transport
from tap_mews.clock import Clock
from tap_mews.errors import TapMewsError, UnavailableError
from tests.export_harness import truth
from tests.harness import FastClock, Json, Result, records_by_id, select, sync
from tests.pages_harness import ENTERPRISES, Spoiled, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.answers import Reply
    from sandbox.faults import Call

pytestmark = pytest.mark.days(8)

BILLS = select("bills")
START = {"extraction": "exports", "start_date": "2026-02-20", "end_date": "2026-02-25"}


@pytest.fixture
def hotel() -> Iterator[Sandbox]:
    """A hotel with a short history; a client that breaks a rule is not the matter."""
    with Sandbox(properties=1, days=10) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        yield sandbox


def within(hotel: Sandbox) -> dict[str, Json]:
    """The bills of the days that are read."""
    return {
        key: row
        for key, row in truth(hotel, "bills").items()
        if START["start_date"] <= row["UpdatedUtc"] <= START["end_date"]
    }


def bookmarks(result: Result) -> list[Json]:
    """What each STATE has of bills."""
    return [state["bookmarks"].get("bills", {}) for state in result.states]


# Retry-After

LONG = [
    "86400",
    "9999999999",
    "9" * 5000,
    "1e400",
    "inf",
    "Fri, 31 Dec 9999 23:59:59 GMT",
]
SHORT = ["0", "-5", "-inf", "nan", "", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"]


@pytest.mark.parametrize("value", [*LONG, *SHORT], ids=lambda text: text[:20])
def test_no_retry_after_stops_a_run_for_longer_than_minutes(
    hotel: Sandbox, value: str
) -> None:
    limited = Status(429, "Too many requests.", {"Retry-After": value})
    hotel.faults.add(ENTERPRISES, limited, times=3)
    clock = FastClock(hotel)
    result = sync(hotel.config(**START), catalog=BILLS, clock=clock).ok()
    assert result.records["bills"]
    told = [line for line in result.logs if "trying again in" in line]
    assert len(told) == 3
    assert max(clock.pauses) <= responses.LONGEST_PAUSE
    is_long = any("Mews asked for a pause of" in line for line in told)
    assert is_long == (value in LONG)
    assert (clock.monotonic() > 100) == (value in LONG)


# Answers that drip

SECONDS = 0.2


class HastyClock(Clock):
    """Real time, but no pauses between tries."""

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


@pytest.mark.parametrize(
    "slowest",
    [(session, "SLOWEST_SECONDS"), (transport, "LONGEST_ANSWER")],
    ids=["a byte now and then", "bytes all along"],
)
def test_an_answer_that_drips_is_given_up_and_asked_for_again(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch, slowest: tuple[Any, str]
) -> None:
    monkeypatch.setattr(*slowest, SECONDS)
    hotel.faults.add(ENTERPRISES, Drip(0.02, 1), times=2)
    result = sync(hotel.config(**START), catalog=BILLS, clock=HastyClock()).ok()
    told = [line for line in result.logs if "trying again in" in line]
    assert len(told) == 2
    assert all(re.search(r"only [\d,]+ bytes received in 0 s", line) for line in told)
    assert records_by_id("bills", result) == within(hotel)


def test_answers_that_always_drip_end_the_run_in_one_line(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SLOWEST_SECONDS", SECONDS / 4)
    hotel.faults.add(ENTERPRISES, Drip(0.02, 1), times=None)
    result = sync(hotel.config(**START), catalog=BILLS, clock=HastyClock())
    assert isinstance(result.error, UnavailableError)
    assert "bytes received in" in str(result.error)
    assert "10 times in a row" in str(result.error)


# Exports

MEGABYTES = "x" * (1 << 21)
FILE = {"Url": "https://files.example/f?sig=s3cr3t", "SizeInBytes": 9}


def change(**members: object) -> Callable[[Json], None]:
    """Other members of the export."""

    def edit(body: Json) -> None:
        body["Exports"][0].update(members)

    return edit


def of_files(**members: object) -> Callable[[Json], None]:
    """Other members of each file of the export."""

    def edit(body: Json) -> None:
        for file in body["Exports"][0]["Files"]:
            file.update(members)

    return edit


def link(url: str) -> Callable[[Json], None]:
    """Another link of each file."""
    return of_files(Url=url)


EXPORTS = {
    "no files": change(Files=None),
    "files that are none": change(Files="f"),
    "a file that is none": change(Files=[None]),
    "files without end": change(Files=[FILE] * 20_000),
    "a negative size": of_files(SizeInBytes=-1),
    "an absurd size": of_files(SizeInBytes=10**30),
    "half a byte": of_files(SizeInBytes=0.5),
    "a size in words": of_files(SizeInBytes="many"),
    "a size that is true": of_files(SizeInBytes=True),
    "no link": of_files(Url=None),
    "an empty link": link(""),
    "a link of ftp": link("ftp://files.example/f?sig=s3cr3t"),
    "a link to a file": link("file:///etc/hostname"),
    "a link without a host": link("https:///f?sig=s3cr3t"),
    "a link with a user": link("https://me:s3cr3t@files.example/f"),
    "a port that is none": link("https://files.example:abc/f?sig=s3cr3t"),
    "port 0": link("https://files.example:0/f?sig=s3cr3t"),
    "port 99999": link("https://files.example:99999/f?sig=s3cr3t"),
    "half an address": link("https://[/f?sig=s3cr3t"),
    "megabytes of a link": link(f"https://files.example/{MEGABYTES}?sig=s3cr3t"),
    "a host of megabytes": link(f"https://{MEGABYTES}/f?sig=s3cr3t"),
    "a host of many dots": link("https://files..example/f?sig=s3cr3t"),
    "a line break in a link": link("https://files.invalid/f\nError: x?sig=s3cr3t"),
    "an empty id": change(Id=""),
    "an id of megabytes": change(Id=MEGABYTES),
    "a status of megabytes": change(Status=MEGABYTES),
    "an entity of megabytes": change(EntityType=MEGABYTES),
    "a scope that is none": change(Scope="all"),
}


@pytest.mark.parametrize("edit", EXPORTS.values(), ids=EXPORTS)
def test_an_export_that_cannot_be_is_one_line_and_moves_no_bookmark(
    hotel: Sandbox, edit: Callable[[Json], None]
) -> None:
    hotel.faults.add("exports/getAll", Spoiled(edit), times=None)
    result = sync(hotel.config(**START), catalog=BILLS, clock=FastClock(hotel))
    assert isinstance(result.error, TapMewsError)
    line = str(result.error)
    assert "\n" not in line
    assert len(line) < 600
    assert "s3cr3t" not in line + result.log
    assert result.records["bills"] == []
    assert not any(each.get("replication_key_value") for each in bookmarks(result))


def test_an_export_without_files_is_named_and_the_next_run_asks_for_another(
    hotel: Sandbox,
) -> None:
    hotel.faults.add("exports/getAll", Spoiled(change(Files=None)), times=None)
    first = sync(hotel.config(**START), catalog=BILLS, clock=FastClock(hotel))
    (job,) = hotel.exports.jobs
    assert re.search(rf"^bills: export {job.id} .*Files: null", str(first.error))
    second = sync(
        hotel.config(**START), first.state, catalog=BILLS, clock=FastClock(hotel)
    )
    assert second.error
    assert len(hotel.exports.jobs) == 2


# Pages and errors

CURSORS = {"megabytes": MEGABYTES, "a number": 5, "a list": ["a"]}


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS)
@pytest.mark.parametrize("odd", [False, True], ids=["plain", "beside an odd row"])
def test_a_cursor_that_cannot_be_is_one_line(
    hotel: Sandbox, cursor: object, *, odd: bool
) -> None:
    fault = Spoiled(lambda body: body.update(Cursor=cursor))
    hotel.faults.add("bills/getAll", OddRow(fault) if odd else fault, times=None)
    config = hotel.config(**{**START, "extraction": "pages"}, page_size=1)
    result = sync(config, catalog=BILLS, clock=FastClock(hotel))
    assert isinstance(result.error, TapMewsError)
    assert re.match(
        "bills: bills/getAll: unexpected response format", str(result.error)
    )
    assert len(str(result.error)) < 600
    assert result.records["bills"] == []


@dataclass(frozen=True)
class OddRow:
    """An answer that a strict parser refuses, for a number that is none in a row."""

    fault: Spoiled

    def __call__(self, call: Call) -> Reply:
        """Spoil the answer of another fault."""
        reply = self.fault(call)
        return replace(reply, body=bytes(reply.body).replace(b":null", b":NaN", 1))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 503])
def test_words_of_megabytes_are_cut(hotel: Sandbox, status: int) -> None:
    words = f"No\nERROR \x1b[31m {MEGABYTES}"
    hotel.faults.add("exports/add", Status(status, words), times=None)
    result = sync(hotel.config(**START), catalog=BILLS, clock=FastClock(hotel))
    line = str(result.error)
    assert f"HTTP {status}" in line
    assert len(line) < 1000
    assert not re.search(r"[\n\x1b]", line)


@pytest.mark.parametrize("request_id", [MEGABYTES, "a\nERROR b", "\x1b[31mred"])
def test_no_request_id_breaks_a_line(hotel: Sandbox, request_id: str) -> None:
    hotel.faults.add("exports/add", lambda _: error(404, "No.", request_id), times=None)
    result = sync(hotel.config(**START), catalog=BILLS, clock=FastClock(hotel))
    assert "(RequestId " in str(result.error)
    assert len(str(result.error)) < 300
    assert not re.search(r"[\n\x1b]", str(result.error))
