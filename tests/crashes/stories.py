"""Histories of real processes: which runs are shot, and what happens between them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crashes.histories import SETTLING, History, founded, world_of
from tests.crashes.mortal import FILES
from tests.crashes.process import (
    EXIT_CODES,
    INT,
    KILL,
    TERM,
    AfterLines,
    AtRequest,
    Shot,
    TapProcess,
    run_until,
    started,
)
from tests.crashes.steps import Choose, Join, LiveOn, Step
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    RESERVATIONS,
)

if TYPE_CHECKING:
    from tests.crashes.tally import Tally
    from tests.crashes.world import World

ADD, POLL = "exports/add", "exports/getAll"

BOOKS = History(
    ("bills", "order_items", "payments"),
    (),
    days=12,
    start=12,
    window=8,
    seconds=0,
    rows_per_file=30,
)
PROFILES = History(
    ("companies", "customers", "ledger_entries"), (), chains=2, days=8, seconds=0
)
SLOW = History(("reservations",), (), days=8, seconds=0, rows_per_file=10)
PAGES = History(
    (
        "companionships",
        "enterprises",
        "reservation_group_source_assignments",
        "source_assignments",
    ),
    (),
    days=70,
    settings=(("page_size", 25), ("max_concurrency", 2)),
)


@dataclass(frozen=True)
class Story:
    """One history.

    Attributes:
        history: How it begins.
        steps: Shots, each of which ends a run, and what happens between them.
    """

    history: History
    steps: tuple[Shot | Step, ...]


def story(history: History, *steps: Shot | Step) -> Story:
    """A history of these steps."""
    return Story(history, steps)


STORIES = {
    "after the schema": story(BOOKS, AfterLines(1)),
    "before the first record": story(BOOKS, AfterLines(3, reads_on=True)),
    "in the first window": story(BOOKS, AfterLines(12)),
    "in the second stream": story(BOOKS, AfterLines(40, reads_on=True)),
    "late": story(BOOKS, AfterLines(150)),
    "again and again while writing": story(
        BOOKS, AfterLines(5), AfterLines(15), LiveOn(9), AfterLines(60, reads_on=True)
    ),
    "before an export is added": story(BOOKS, AtRequest(ADD, 2)),
    "after the first export was added": story(BOOKS, AtRequest(ADD, 1, done=True)),
    "after the last export was added": story(BOOKS, AtRequest(ADD, 3, done=True)),
    "after a second window was added": story(
        BOOKS, AtRequest(ADD, 4, done=True), LiveOn(30)
    ),
    "while polling": story(SLOW, AtRequest(POLL, 1)),
    "twice while polling": story(
        SLOW, AtRequest(POLL, 1), AtRequest(POLL, 1, done=True)
    ),
    "before the first file": story(BOOKS, AtRequest(FILES, 1)),
    "in the first file": story(BOOKS, AtRequest(FILES, 1, half=True)),
    "in a later file": story(SLOW, AtRequest(FILES, 3, half=True)),
    "between files": story(SLOW, AtRequest(FILES, 2)),
    "in one file after the other": story(
        SLOW, AtRequest(FILES, 1, half=True), LiveOn(40), AtRequest(FILES, 2, half=True)
    ),
    "at a window's end": story(BOOKS, AtRequest(POLL, 2, done=True)),
    "ledger and chains": story(PROFILES, AfterLines(25), LiveOn(60), AfterLines(10)),
    "while a chain joins": story(
        PROFILES, AfterLines(70), Join(new_chain=True), AfterLines(30)
    ),
    "while the properties are listed": story(PAGES, AtRequest(ENTERPRISES, 1)),
    "while reservations are read": story(PAGES, AtRequest(RESERVATIONS, 3)),
    "while companionships are read": story(PAGES, AtRequest(COMPANIONSHIPS, 2)),
    "between properties": story(PAGES, AtRequest(ASSIGNMENTS, 5, done=True)),
    "in source assignments of groups": story(PAGES, AtRequest(GROUP_ASSIGNMENTS, 4)),
    "in pages that are read ahead": story(PAGES, AfterLines(30), AfterLines(120)),
    "while a property joins": story(
        PAGES, AfterLines(60), Join(), LiveOn(20), AfterLines(90)
    ),
    "while a property leaves and comes back": story(
        PAGES, Choose((0,)), AfterLines(80), Choose(None), AfterLines(50, reads_on=True)
    ),
    "stopped while writing": story(BOOKS, AfterLines(9, TERM, reads_on=True)),
    "stopped twice while writing": story(
        PAGES,
        AfterLines(20, TERM, reads_on=True),
        LiveOn(12),
        AfterLines(75, TERM, reads_on=True),
    ),
    "stopped while the properties are listed": story(
        PAGES, AtRequest(ENTERPRISES, 1, signal=TERM)
    ),
    "stopped before an export is added": story(BOOKS, AtRequest(ADD, 1, signal=TERM)),
    "stopped when an export was added": story(
        BOOKS, AtRequest(ADD, 2, done=True, signal=TERM)
    ),
    "stopped while polling": story(SLOW, AtRequest(POLL, 1, done=True, signal=TERM)),
    "stopped before a file": story(SLOW, AtRequest(FILES, 1, signal=TERM)),
    "stopped between files": story(SLOW, AtRequest(FILES, 3, done=True, signal=TERM)),
    "stopped in a file": story(SLOW, AtRequest(FILES, 2, half=True, signal=TERM)),
    "stopped at a window's end": story(
        BOOKS, AtRequest(POLL, 2, done=True, signal=TERM)
    ),
    "stopped while reservations are read": story(
        PAGES, AtRequest(RESERVATIONS, 2, signal=TERM), LiveOn(30)
    ),
    "stopped while companionships are read": story(
        PAGES, AtRequest(COMPANIONSHIPS, 3, half=True, signal=TERM)
    ),
    "stopped between properties": story(
        PAGES, AtRequest(ASSIGNMENTS, 5, done=True, signal=TERM)
    ),
    "stopped while a chain joins": story(
        PROFILES,
        AfterLines(70),
        Join(new_chain=True),
        AfterLines(30, TERM, reads_on=True),
    ),
    "interrupted while writing": story(BOOKS, AfterLines(9, INT, reads_on=True)),
    "interrupted while polling": story(SLOW, AtRequest(POLL, 1, done=True, signal=INT)),
    "killed, then stopped": story(
        BOOKS,
        AtRequest(FILES, 1, half=True),
        AfterLines(20, TERM, reads_on=True),
    ),
}


def tell(story: Story, tally: Tally) -> None:
    """Let a story happen, then let the tap complete, and judge.

    Raises:
        LostError: A row was lost, or a bookmark went too far.
    """
    with (
        tempfile.TemporaryDirectory() as name,
        founded(story.history, frozen=False) as sandbox,
    ):
        folder = Path(name)
        spool = folder / "spool"
        spool.mkdir()
        world = world_of(story.history, sandbox, tally)
        world.config["spool_directory"] = str(spool)
        for step in story.steps:
            if isinstance(step, Step):
                step.take(world)
            else:
                _shoot(world, folder, step)
        sandbox.clock.advance(SETTLING)
        tap, _ = _run(world, folder, None)
        assert tap.end() == 0, tap.log
        assert list(spool.iterdir()) == []
        world.oracle.judge_end(world.streams, world.config.get("enterprise_ids"))
        assert sandbox.journal.breaches == []
    tally.histories += 1


def _shoot(world: World, folder: Path, shot: Shot) -> None:
    """Let a run be shot, and look at what is left of it."""
    tap, rest = _run(world, folder, shot)
    assert tap.end() == EXIT_CODES[shot.signal], f"{shot} missed: {tap.log}"
    assert list((folder / "spool").iterdir()) == []
    if shot.signal != KILL:
        assert rest == b"", "half a line was written"
        assert "Traceback" not in tap.log
    where = "writing" if isinstance(shot, AfterLines) else shot.operation
    world.tally.kills[f"{shot.signal.name} at {where}"] += 1


def _run(world: World, folder: Path, shot: Shot | None) -> tuple[TapProcess, bytes]:
    """Run the tap until it ends or is shot, and give what follows its last line."""
    target = world.target
    with started(folder, world.config, world.streams, target.state) as tap:
        rest = run_until(tap, world.sandbox, target, shot)
        tap.end()
    world.sandbox.faults.clear()
    world.tally.runs += 1
    return tap, rest
