"""Histories: how a pipeline begins, what happens then, and whether all rows came."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from sandbox import Sandbox
from tap_mews.timestamps import format_moment
from tests.crashes.oracle import Oracle
from tests.crashes.readable import Readable
from tests.crashes.steps import Run, Step
from tests.crashes.target import Target
from tests.crashes.world import World

if TYPE_CHECKING:
    from tests.crashes.tally import Tally

Setting: TypeAlias = tuple[str, "int | str"]
"""Name and value."""

SETTLING = timedelta(minutes=10)
"""After that, everything is old enough to be read."""


@dataclass(frozen=True, repr=False)
class History(Readable):
    """How a pipeline begins, and what happens then.

    Attributes:
        streams: What is selected.
        properties: How many hotels there are.
        chains: How many chains they belong to.
        days: How long they have been there.
        start: `start_date`, in days before the first run; None if it is not set.
        window: `export_window_days`.
        seconds: How long Mews makes an export.
        rows_per_file: How many rows a file has.
        alone: Whether the token opens one property and may not list it.
        apart: Whether each property has a token of its own.
        seed: Which hotels.
        settings: Further ones.
        steps: What happens.
    """

    streams: tuple[str, ...]
    steps: tuple[Step, ...]
    properties: int = 2
    chains: int = 1
    days: int = 10
    start: int | None = None
    window: int = 180
    seconds: int = 5
    rows_per_file: int = 2000
    alone: bool = False
    apart: bool = False
    seed: int = 1
    settings: tuple[Setting, ...] = field(default=())

    def ending(self, *steps: Step) -> History:
        """The same with other steps."""
        return replace(self, steps=steps)


def play(history: History, tally: Tally) -> World:
    """Let a history happen, then let the tap complete, and judge.

    Raises:
        LostError: A row was lost, or a bookmark went too far.
    """
    with founded(history) as sandbox:
        world = world_of(history, sandbox, tally)
        for step in history.steps:
            step.take(world)
        complete(world)
        return world


def complete(world: World) -> None:
    """Let a last run complete without any trouble, and judge what has come.

    Raises:
        LostError: A row was lost, or a bookmark went too far.
    """
    sandbox = world.sandbox
    sandbox.exports.fail_next.clear()
    world.config.pop("end_date", None)
    if world.has_many_tokens:
        world.give_tokens()
    sandbox.clock.advance(SETTLING)
    error = Run().outcome(world).error
    if error is not None:
        raise error
    world.oracle.judge_end(world.streams, world.config.get("enterprise_ids"))
    count_faults(world)
    assert sandbox.journal.breaches == []
    world.tally.histories += 1


def count_faults(world: World) -> None:
    """Add what went wrong to the numbers."""
    journal = world.sandbox.journal
    faults = [each.fault for each in journal.requests()]
    faults += [each.fault for each in journal.downloads]
    for fault in filter(None, faults):
        if fault.startswith("Where("):
            continue  # not of each call that it is tried with
        status = re.match(r"Status\(status=(\d+)", fault)
        kind = f"HTTP {status[1]}" if status else fault.partition("(")[0]
        world.tally.faults[kind] += 1


def founded(history: History, *, frozen: bool = True) -> Sandbox:
    """The hotels of a history.

    Args:
        history: Says which.
        frozen: Whether their time stands still but for the pauses of the tap, so that
            the same history always goes the same way.
    """
    sandbox = Sandbox(
        seed=history.seed,
        properties=history.properties,
        chains=history.chains,
        days=history.days,
        reservations_per_day=1.5,
    )
    # the budget is counted in real time, which histories do not spend
    sandbox.limits.requests = 1_000_000
    sandbox.exports.seconds = history.seconds
    sandbox.exports.rows_per_file = history.rows_per_file
    if history.alone:
        sandbox.access.revoke("enterprises/getAll")
    if frozen:
        clock = sandbox.clock
        vars(clock)["now"] = lambda: clock._start
    return sandbox


def world_of(history: History, sandbox: Sandbox, tally: Tally) -> World:
    """A pipeline that has not run yet, beside hotels that are open."""
    config = sandbox.config(export_window_days=history.window, **dict(history.settings))
    if history.alone:
        only = sandbox.enterprise_ids[0]
        config["access_token"] = sandbox.access.single_property(only)
    start: datetime | None = None
    if history.start is not None:
        now = sandbox.clock.now().replace(microsecond=0)
        start = now - timedelta(days=history.start)
        config["start_date"] = format_moment(start)
    target = Target()
    oracle = Oracle(sandbox, config["access_token"], start, target, tally)
    target.judge = oracle.judge
    world = World(sandbox, history.streams, config, target, oracle, tally)
    if history.apart:
        oracle.apart = True
        config["access_token"] = None
        world.give_tokens()
    return world
