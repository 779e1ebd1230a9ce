"""File hosts that crawl, compress or mix up files, and a disk that gets full."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from sandbox.encoding import encode
from sandbox.faults import FILES, Cut, Drip
from tap_mews.clock import Clock
from tap_mews.errors import DownloadError
from tap_mews.exports.downloads import TRIES
from tests.export_harness import ENTITIES, truth
from tests.harness import FastClock, records_by_id, run_limited, select, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call

BILLS = select("bills")

SLOWEST_SECONDS = 0.2


@dataclass(frozen=True)
class Compressed:
    """The host compresses what it sends, whatever it was asked for.

    Attributes:
        part: The share that comes before the connection ends.
    """

    part: float = 1.0

    def __call__(self, call: Call) -> Reply:
        """Compress the body, or the part of it that was asked for."""
        reply = call.carry_out()
        body = gzip.compress(bytes(reply.body))
        headers = {**reply.headers, "Content-Encoding": "gzip"}
        cut = int(len(body) * self.part) if self.part < 1 else None
        return replace(reply, body=body, headers=headers, cut=cut, drop="close")


@dataclass(frozen=True)
class Other:
    """The body is one of something else, and as long.

    Attributes:
        headers: In place of its own, as far as they are there.
        cut: How many bytes come.
    """

    headers: dict[str, str]
    cut: int | None = None

    def __call__(self, call: Call) -> Reply:
        """Give other bytes."""
        reply = call.carry_out()
        headers = {**reply.headers, **self.headers}
        body = b"x" * len(reply.body)
        return replace(reply, body=body, headers=headers, cut=self.cut, drop="close")


class HastyClock(Clock):
    """Real time, but no pauses between tries."""

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


def test_a_host_that_is_slow_to_a_crawl_is_an_error(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_mews.api.session.SLOWEST_SECONDS", SLOWEST_SECONDS)
    sandbox.faults.add(FILES, Drip(0.02, 1), times=None)
    result = sync(sandbox.config(), catalog=BILLS, clock=HastyClock())
    assert isinstance(result.error, DownloadError)
    assert str(result.error).startswith("bills: export ")
    assert result.records["bills"] == []
    # at that pace the file would take minutes, and it was far from its end
    assert sum(each.sent for each in sandbox.journal.downloads) < 2000


def test_a_host_that_was_slow_for_a_while_costs_no_row(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_mews.api.session.SLOWEST_SECONDS", SLOWEST_SECONDS)
    sandbox.faults.add(FILES, Drip(0.02, 1), times=3)
    result = sync(sandbox.config(), catalog=BILLS, clock=HastyClock()).ok()
    assert len(sandbox.journal.downloads) == 4
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize(
    ("part", "statuses"), [(1.0, [200]), (0.5, [200, 206, 200])], ids=["whole", "cut"]
)
def test_a_host_may_compress_though_it_was_asked_not_to(
    sandbox: Sandbox, part: float, statuses: list[int]
) -> None:
    sandbox.faults.add(FILES, Compressed(part))
    sandbox.faults.add(FILES, Compressed(), times=None)
    result = sync(sandbox.config(), catalog=BILLS, clock=FastClock(sandbox)).ok()
    assert [each.status for each in sandbox.journal.downloads] == statuses
    assert len(result.records["bills"]) == len(truth(sandbox, "bills"))
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize(
    ("etag", "statuses"),
    [
        ('"other"', [200, 200]),
        # If-Range takes strong ones alone, so the answer to Range shows it
        ('W/"other"', [200, 206, 200]),
        ("", [200, 206, 200]),
    ],
    ids=["other", "weak", "none"],
)
def test_a_download_never_goes_on_with_another_version(
    sandbox: Sandbox, etag: str, statuses: list[int]
) -> None:
    sandbox.faults.add(FILES, Other({"ETag": etag}, cut=1000))
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert [each.status for each in sandbox.journal.downloads] == statuses
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_download_from_a_host_without_etags_is_resumed(sandbox: Sandbox) -> None:
    def without_etag(call: Call) -> Reply:
        reply = call.carry_out()
        return replace(reply, headers={**reply.headers, "ETag": ""})

    def cut(call: Call) -> Reply:
        return replace(without_etag(call), cut=1000, drop="close")

    sandbox.faults.add(FILES, cut)
    sandbox.faults.add(FILES, without_etag)
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert [each.status for each in sandbox.journal.downloads] == [200, 206]
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_host_that_continues_another_version_is_not_believed(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add(FILES, Cut(1000, "close"))
    sandbox.faults.add(FILES, Other({"ETag": '"other"'}))
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert [each.status for each in sandbox.journal.downloads] == [200, 206, 200]
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize("times", [2, None], ids=["for a while", "always"])
def test_a_web_page_is_never_taken_for_the_file(
    sandbox: Sandbox, times: int | None
) -> None:
    page = b"<html>Log in</html>"
    fault = Other({"Content-Type": "text/html; charset=utf-8"})

    def web_page(call: Call) -> Reply:
        return replace(fault(call), status=200, body=page)

    sandbox.faults.add(FILES, web_page, times=times)
    result = sync(sandbox.config(), catalog=BILLS)
    if times:
        assert records_by_id("bills", result.ok()) == truth(sandbox, "bills")
        assert {each.range for each in sandbox.journal.downloads} == {None}
    else:
        assert isinstance(result.error, DownloadError)
        assert "is a web page instead of the file" in str(result.error)
        assert len(sandbox.journal.downloads) == TRIES


def test_a_disk_that_is_full_in_the_middle_of_a_file_is_told_and_left_clean(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    spool, config = tmp_path / "spool", tmp_path / "config.json"
    spool.mkdir()
    config.write_bytes(encode(sandbox.config(spool_directory=str(spool))))
    catalog = tmp_path / "catalog.json"
    catalog.write_bytes(encode(select(*ENTITIES)))
    done = run_limited(5000, "--config", config, "--catalog", catalog)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert len(told) == 1
    assert "free disk space or set spool_directory" in told[0]
    assert "Traceback" not in done.stderr
    assert '"RECORD"' not in done.stdout
    assert list(spool.iterdir()) == []
