"""Files come whole or not at all, and leave nothing behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.encoding import encode
from sandbox.exports import ExportFile
from sandbox.faults import FILES, Call, Cut, Drip, Fault, Reset, Short, Status
from tap_mews.errors import DownloadError, ExportFailedError
from tap_mews.exports.downloads import TRIES
from tests.export_harness import added, show, truth
from tests.harness import FastClock, Json, Result, records_by_id, select, sync
from tests.pages_harness import Spoiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Sandbox
    from sandbox.answers import Reply

BILLS = select("bills")


@dataclass(frozen=True)
class Meanwhile:
    """Something happens while a file is asked for."""

    action: Callable[[], object]
    then: Fault | None = None

    def __call__(self, call: Call) -> Reply:
        """Act, then answer as ever or as some fault does."""
        self.action()
        return self.then(call) if self.then else call.carry_out()


@dataclass(frozen=True)
class Long:
    """The body has more bytes than were announced."""

    def __call__(self, call: Call) -> Reply:
        """Lengthen the body."""
        reply = call.carry_out()
        return replace(reply, body=bytes(reply.body) + b'{"Id":"x"}\n')


def long_rows(sandbox: Sandbox) -> list[bytes]:
    """Let the export of bills have two megabytes in eight rows."""
    sandbox.exports.lines["Bill"] = [
        encode(sandbox.new_row("Bill", Notes=str(number) * 250_000))
        for number in range(8)
    ]
    return list(sandbox.exports.lines["Bill"])


def statuses(sandbox: Sandbox) -> list[int | None]:
    """How the file host answered."""
    return [each.status for each in sandbox.journal.downloads]


@pytest.mark.parametrize(
    "fault",
    [
        Cut(1000),
        Cut(1000, "close"),
        Cut(0),
        Short(500),
        Reset(),
        Status(503),
        Status(429),
        Status(408),
        Drip(0.001, 1 << 14),
        Long(),
    ],
    ids=repr,
)
def test_trouble_with_a_download_costs_no_row(sandbox: Sandbox, fault: Cut) -> None:
    sandbox.faults.add(FILES, fault, times=2)
    result = sync(sandbox.config(), catalog=BILLS).ok()
    rows = result.records["bills"]
    assert records_by_id("bills", result) == truth(sandbox, "bills")
    assert len(rows) == len(truth(sandbox, "bills"))


def hide_sizes(sandbox: Sandbox) -> None:
    """Let Mews list files without their sizes."""

    def edit(body: Json) -> None:
        for export in body["Exports"]:
            for file in export["Files"] or ():
                file["SizeInBytes"] = None

    sandbox.faults.add("exports/getAll", Spoiled(edit), times=None)


@pytest.mark.parametrize(
    "fault", [Cut(1000), Cut(1000, "close"), Cut(0, "close"), Reset(), Status(403)]
)
def test_a_file_whose_size_mews_does_not_tell_comes_whole(
    sandbox: Sandbox, fault: Fault
) -> None:
    hide_sizes(sandbox)
    sandbox.faults.add(FILES, fault, times=2)
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert len(result.records["bills"]) == len(truth(sandbox, "bills"))
    assert records_by_id("bills", result) == truth(sandbox, "bills")
    assert {each.range for each in sandbox.journal.downloads} == {None}


def test_a_file_of_unknown_size_that_always_ends_early_is_an_error(
    sandbox: Sandbox,
) -> None:
    hide_sizes(sandbox)
    sandbox.faults.add(FILES, Cut(1000, "close"), times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, DownloadError)
    assert result.records["bills"] == []


@pytest.mark.parametrize("files", [1, 3])
def test_files_of_unknown_size_may_be_listed_in_another_order(
    sandbox: Sandbox, clock: FastClock, files: int
) -> None:
    hide_sizes(sandbox)
    sandbox.exports.rows_per_file = -(-len(sandbox.rows("Bill")) // files)
    sandbox.exports.shuffled_files = True
    slow = Meanwhile(lambda: clock.pass_time(500))
    sandbox.faults.add(FILES, slow, times=None)
    result = sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert len(result.records["bills"]) == len(truth(sandbox, "bills"))
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_download_goes_on_where_it_stopped(sandbox: Sandbox) -> None:
    size = sum(len(line) + 1 for line in long_rows(sandbox))
    sandbox.faults.add(FILES, Cut(700_000, "close"), times=2)
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert statuses(sandbox) == [200, 206, 206]
    assert sum(each.sent for each in sandbox.journal.downloads) < 1.5 * size
    assert len(result.records["bills"]) == 8


def test_a_host_may_ignore_ranges(sandbox: Sandbox) -> None:
    sandbox.exports.ranges = False
    sandbox.faults.add(FILES, Cut(1000))
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert len(result.records["bills"]) == len(truth(sandbox, "bills"))
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_host_that_repeats_bytes_and_brings_no_more_is_an_error(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.ranges = False
    for _ in range(20):
        for after in (300, 500):
            sandbox.faults.add(FILES, Cut(after, "close"))
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, DownloadError)
    assert len(sandbox.journal.downloads) == 2 + TRIES


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
@pytest.mark.parametrize("difference", [7, -7], ids=["shorter", "longer"])
def test_a_file_of_another_size_than_announced_is_an_error(
    sandbox: Sandbox, difference: int, *, ranges: bool
) -> None:
    sandbox.exports.ranges = ranges

    def edit(body: Json) -> None:
        for export in body["Exports"]:
            for file in export["Files"] or ():
                file["SizeInBytes"] += difference

    sandbox.faults.add("exports/getAll", Spoiled(edit), times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, DownloadError)
    text = str(result.error)
    assert text.startswith("bills: ")
    assert sandbox.exports.jobs[0].id in text
    size = sum(file.size for file in sandbox.exports.jobs[0].files or ())
    sizes = f"the file has {size:,} bytes, Mews announced {size + difference:,}; run"
    assert sizes in text
    assert statuses(sandbox) == [200] * TRIES


@pytest.mark.parametrize("fault", [Long(), Status(500)], ids=["longer", "no answer"])
def test_a_file_without_bytes_must_come_like_any_other(
    sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.exports.lines["Bill"] = []
    sandbox.exports.empty = "empty file"
    empty = sync(sandbox.config(), catalog=BILLS).ok()
    assert statuses(sandbox) == [200]
    assert not empty.records["bills"]
    sandbox.faults.add(FILES, fault, times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, DownloadError)


@pytest.mark.parametrize("fault", [Short(10), Long(), Cut(5000)], ids=repr)
def test_no_row_is_emitted_before_its_file_is_whole(
    sandbox: Sandbox, fault: Short
) -> None:
    sandbox.exports.ranges = False
    sandbox.faults.add(FILES, fault, times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert result.error
    assert result.records["bills"] == []


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_link_that_is_refused_is_asked_for_anew(
    sandbox: Sandbox, status: int
) -> None:
    sandbox.faults.add(FILES, Status(status))
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert len(sandbox.journal.requests("exports/getAll")) == 2
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_link_that_is_refused_in_the_middle_is_asked_for_anew(
    sandbox: Sandbox,
) -> None:
    long_rows(sandbox)
    sandbox.faults.add(FILES, Cut(700_000, "close"))
    sandbox.faults.add(FILES, Status(403))
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert statuses(sandbox) == [200, 403, 206]
    assert len(result.records["bills"]) == 8


def test_links_that_are_always_refused_are_an_error(sandbox: Sandbox) -> None:
    sandbox.faults.add(FILES, Status(403), times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, DownloadError)
    assert "403" in str(result.error)


def test_links_that_grew_old_while_another_stream_was_waited_for_are_not_used(
    sandbox: Sandbox, clock: FastClock
) -> None:
    show(sandbox, clock, "Processing", 3600)
    result = sync(
        sandbox.config(), catalog=select("bills", "payments"), clock=clock
    ).ok()
    assert statuses(sandbox) == [200, 200]
    assert records_by_id("payments", result) == truth(sandbox, "payments")


@pytest.mark.parametrize(("minutes", "looks"), [(7, 1), (9, 2)])
def test_links_are_asked_for_anew_when_they_are_older_than_eight_minutes(
    sandbox: Sandbox, clock: FastClock, minutes: int, looks: int
) -> None:
    sandbox.exports.rows_per_file = 30
    slow = Meanwhile(lambda: clock.pass_time(60 * minutes))
    sandbox.faults.add(FILES, slow)
    sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert len(sandbox.journal.downloads) == 2
    assert len(sandbox.journal.requests("exports/getAll")) == looks


def test_new_links_may_come_in_another_order(
    sandbox: Sandbox, clock: FastClock
) -> None:
    sandbox.exports.rows_per_file = 8
    sandbox.exports.shuffled_files = True
    slow = Meanwhile(lambda: clock.pass_time(500))
    sandbox.faults.add(FILES, slow, times=None)
    result = sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert len(sandbox.journal.requests("exports/getAll")) > 3
    assert len(result.records["bills"]) == len(truth(sandbox, "bills"))
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize("renamed", [True, False], ids=["renamed", "of one name"])
def test_a_file_is_never_continued_with_another_one(
    sandbox: Sandbox, *, renamed: bool
) -> None:
    ids = [json.loads(line)["Id"] for line in long_rows(sandbox)]
    sandbox.exports.rows_per_file = 4

    def replace_files() -> None:
        (job,) = sandbox.exports.jobs
        assert job.files
        names = "ab" if renamed else [file.name for file in job.files]
        job.files = [
            ExportFile(name, bytes(file.content) + b"\n")
            for name, file in zip(names, reversed(job.files), strict=True)
        ]

    sandbox.faults.add(FILES, Cut(700_000, "close"))
    sandbox.faults.add(FILES, Meanwhile(replace_files, Status(403)))
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert sorted(records_by_id("bills", result)) == sorted(ids)


def test_files_that_are_others_each_time_are_an_error(sandbox: Sandbox) -> None:
    sandbox.exports.rows_per_file = 10

    def replace_files() -> None:
        job = sandbox.exports.jobs[-1]
        assert job.files
        job.files = [
            ExportFile(f"x{file.name}", bytes(file.content) + b"\n")
            for file in job.files
        ]

    changing = Meanwhile(replace_files, Status(403))
    sandbox.faults.add(FILES, changing, times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, ExportFailedError)
    assert sandbox.exports.jobs[-1].id in str(result.error)
    assert "changed its files" in str(result.error)
    assert result.records["bills"] == []


def test_an_export_that_is_forgotten_while_it_is_read_is_added_anew(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.rows_per_file = 10

    def forget() -> None:
        sandbox.exports.forget(sandbox.exports.jobs[0].id)

    sandbox.faults.add(FILES, Meanwhile(forget, Status(403)), after=1)
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert len(added(sandbox)) == 2
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_an_export_that_expires_while_it_is_read_is_added_anew(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.rows_per_file = 10

    def expire() -> None:
        sandbox.exports.force_status[sandbox.exports.jobs[0].id] = "Expired"

    sandbox.faults.add(FILES, Meanwhile(expire), after=2)
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert len(sandbox.exports.jobs) == 2
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_an_export_that_expires_while_it_is_read_lets_no_later_one_go_first(
    sandbox: Sandbox,
) -> None:
    """Else the bookmark would be beyond rows that have not come."""
    sandbox.exports.rows_per_file = 3

    def expire() -> None:
        sandbox.exports.force_status[sandbox.exports.jobs[0].id] = "Expired"

    sandbox.faults.add(FILES, Meanwhile(expire), after=1)
    config = sandbox.config(start_date="2026-01-25", export_window_days=25)
    first = sync(config, catalog=BILLS).ok()
    assert len(sandbox.exports.jobs) == 4
    for number, message in enumerate(first.messages):
        if message["type"] == "STATE":
            cut = Result(first.lines[: number + 1])
            second = sync(config, cut.state, BILLS).ok()
            assert records_by_id("bills", cut, second) == truth(sandbox, "bills")


def test_links_work_for_ten_minutes_and_no_longer(
    sandbox: Sandbox, clock: FastClock
) -> None:
    """The sandbox is as strict as Mews, else the tests of links prove nothing."""
    assert sandbox.exports.link_lifetime == timedelta(minutes=10)
    slow = Meanwhile(lambda: clock.pass_time(601))
    sandbox.faults.add(FILES, slow)
    sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert statuses(sandbox) == [403, 200]
