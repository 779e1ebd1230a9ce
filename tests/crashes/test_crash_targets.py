"""Targets that are slow, that go away, or that are two at once."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.encoding import encode
from tests.crashes.histories import SETTLING, History, complete, founded, world_of
from tests.crashes.process import TapProcess, started
from tests.crashes.steps import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crashes.tally import Tally

MAX_BYTES = 120 << 20
"""What the design allows a process."""

FLAT_BYTES = 16 << 20
"""Little beside the export that is read."""

FILE_ROWS, FILES = 5000, 8

SLOWLY = 200
"""Lines that the target reads slowly at first."""

SIGNED = History(("order_items",), (), properties=1, rows_per_file=4)
"""One export of many files, whose links work for ten minutes."""

WINDOWS = History(("order_items", "payments"), (), properties=1, start=10, window=4)
"""Exports whose rows are all read at once."""

BOTH = History(("bills", "companionships"), (), days=8, seconds=0)


def memory(tap: TapProcess) -> int:
    """Resident bytes of a process, or 0 when it is gone."""
    try:
        status = Path(f"/proc/{tap.process.pid}/status").read_text("ascii")
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) << 10 if found else 0


@contextmanager
def read_slowly(history: History, seconds: int, tally: Tally) -> Iterator[Sandbox]:
    """Let a target take so many seconds for each message, then judge."""
    with founded(history) as sandbox:
        world = world_of(history, sandbox, tally)
        outcome = Run(slow=seconds).outcome(world)
        assert outcome.error is None
        yield sandbox
        complete(world)


@pytest.mark.parametrize("seconds", [30, 200, 3600])
def test_links_grow_old_while_a_slow_target_reads_and_nothing_is_lost(
    seconds: int, tally: Tally
) -> None:
    with read_slowly(SIGNED, seconds, tally) as sandbox:
        downloads = sandbox.journal.downloads
        assert downloads[-1].at - downloads[0].at > sandbox.exports.link_lifetime
        # the links of the first look would not have lasted
        looks = sandbox.journal.requests("exports/getAll")
        assert any(look.at > downloads[0].at for look in looks)


@pytest.mark.parametrize("seconds", [1, 3600])
def test_no_export_is_given_up_because_a_target_is_slow(
    seconds: int, tally: Tally
) -> None:
    with read_slowly(WINDOWS, seconds, tally) as sandbox:
        assert len(sandbox.exports.jobs) > 4


@pytest.mark.slow
def test_memory_is_flat_while_a_slow_target_reads(tmp_path: Path) -> None:
    with Sandbox(properties=1, days=3) as sandbox:
        bills = many(encode(sandbox.new_row("Bill", Id="*")))
        sandbox.exports.lines["Bill"] = bills
        sandbox.exports.rows_per_file = FILE_ROWS
        with started(tmp_path, sandbox.config(), ("bills",), None) as tap:
            used, records = [], 0
            for number, line in enumerate(tap.output):
                records += line.startswith(b'{"type":"RECORD"')
                if number < SLOWLY:
                    time.sleep(0.01)
                if number % SLOWLY == 0:
                    used.append(memory(tap))
            assert tap.end() == 0, tap.log
    assert records == len(bills)
    assert max(used) < MAX_BYTES
    assert sum(map(len, bills)) > 4 * FLAT_BYTES
    assert max(used) - used[0] < FLAT_BYTES


def many(row: bytes) -> list[bytes]:
    """A row with a new Id again and again, as the lines of some files."""
    return [
        row.replace(b'"*"', b'"%036d"' % number) for number in range(FILES * FILE_ROWS)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("lines", [0, 1, 5, 20])
def test_a_target_that_goes_away_ends_the_tap_with_one_line(
    lines: int, tmp_path: Path, tally: Tally
) -> None:
    with founded(BOTH, frozen=False) as sandbox:
        world = world_of(BOTH, sandbox, tally)
        with started(tmp_path, world.config, BOTH.streams, None) as tap:
            tap.read(world.target, lines)
            tap.output.close()
            assert tap.end() == 1
        told = [
            line
            for line in tap.log.splitlines()
            # the hotels have a time of their own
            if not re.search(r"\| INFO |The clock of this machine", line)
        ]
        assert len(told) == 1
        assert "The target closed its input" in told[0]
        complete(world)


@pytest.mark.slow
def test_two_runs_at_once_wait_for_each_other_and_lose_nothing(
    tmp_path: Path, tally: Tally
) -> None:
    with founded(BOTH, frozen=False) as sandbox:
        sandbox.exports.seconds = 2
        worlds = [world_of(BOTH, sandbox, tally) for _ in range(2)]
        for world in worlds:
            world.config["spool_directory"] = str(tmp_path)
        sandbox.clock.advance(SETTLING)

        def run(number: int) -> str:
            world = worlds[number]
            folder = tmp_path / str(number)
            with started(folder, world.config, world.streams, None) as tap:
                tap.read(world.target)
                assert tap.end() == 0, tap.log
            world.oracle.judge_end(world.streams, None)
            return tap.log

        with ThreadPoolExecutor(2) as threads:
            logs = list(threads.map(run, range(2)))
    words = "waiting for another export of Bill to end"
    assert [words in log for log in logs].count(True) == 1
