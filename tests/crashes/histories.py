"""Histories: what happens to a pipeline and to the hotels behind it, step by step."""

from __future__ import annotations

import abc
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox import Sandbox
from sandbox.faults import (
    TRANSIENT,
    TRANSIENT_DOWNLOAD,
    Call,
    Cut,
    Drip,
    Fault,
    HtmlBody,
    LostAnswer,
    Reset,
    Short,
    Stall,
    Status,
    TooMany,
    Truncated,
)
from tap_mews.intervals import format_moment
from tests.crashes.mortal import Kill, MortalClock, Outcome, run_tap
from tests.crashes.oracle import Oracle
from tests.crashes.readable import Readable
from tests.crashes.target import Target
from tests.harness import ENTITIES, Json

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.answers import Reply
    from tests.crashes.tally import Tally

SETTLING = timedelta(minutes=10)
"""After that, everything is old enough to be read."""

FAULTS: dict[str, Fault] = {
    "429": TooMany("date", 20),
    "500": HtmlBody(),
    "503": Status(503),
    "reset": Reset(),
    "lost answer": LostAnswer(),
    "truncated": Truncated(),
}
"""What can happen to a call."""

FILE_FAULTS: dict[str, Fault] = {
    "403": Status(403),
    "503": Status(503),
    "reset": Reset(),
    "cut": Cut(500),
    "closed": Cut(500, "close"),
    "short": Short(),
}
"""What can happen to a download."""

EXPIRES = "export expires"
"""What can happen to an export while its files are read."""

MIXED = [fault for fault in TRANSIENT if not isinstance(fault, Stall)]
MIXED_FILES = [fault for fault in TRANSIENT_DOWNLOAD if not isinstance(fault, Drip)]
"""Those that take no real time."""


@dataclass
class World:
    """The hotels, the pipeline and the target of one history.

    Attributes:
        sandbox: The hotels.
        streams: What is selected.
        config: The settings as they are now.
        target: What the target has.
        oracle: Judges.
        tally: Takes the numbers.
    """

    sandbox: Sandbox
    streams: tuple[str, ...]
    config: Json
    target: Target
    oracle: Oracle
    tally: Tally

    def reachable(self) -> list[str]:
        """The properties that the token opens."""
        access = self.sandbox.access
        return access.enterprises(access.find(self.config["access_token"]))


class Step(Readable, abc.ABC):
    """Something that happens."""

    @abc.abstractmethod
    def take(self, world: World) -> None:
        """Let it happen."""


@dataclass(frozen=True, repr=False)
class LiveOn(Step):
    """The hotels live for some hours."""

    hours: int

    def take(self, world: World) -> None:
        """Let time pass."""
        world.sandbox.live_on(timedelta(hours=self.hours))


@dataclass(frozen=True, repr=False)
class Join(Step):
    """A hotel joins the portfolio; perhaps with a chain of its own."""

    new_chain: bool = False

    def take(self, world: World) -> None:
        """Add it, with its history."""
        if len(world.sandbox.enterprise_ids) < MOST_PROPERTIES:
            world.sandbox.add_property(new_chain=self.new_chain)


MOST_PROPERTIES = 4


@dataclass(frozen=True, repr=False)
class Choose(Step):
    """`enterprise_ids` is set to the properties of these numbers, or to nothing."""

    numbers: tuple[int, ...] | None

    def take(self, world: World) -> None:
        """Change the setting."""
        if self.numbers is None:
            world.config.pop("enterprise_ids", None)
            return
        known = world.reachable()
        chosen = {known[number % len(known)] for number in self.numbers}
        world.config["enterprise_ids"] = sorted(chosen)


@dataclass(frozen=True, repr=False)
class Configure(Step):
    """A setting is changed."""

    name: str
    value: int

    def take(self, world: World) -> None:
        """Change it."""
        world.config[self.name] = self.value


@dataclass(frozen=True, repr=False)
class EndAt(Step):
    """`end_date` is set to so many days ago, or to nothing."""

    days: int | None

    def take(self, world: World) -> None:
        """Change the setting."""
        world.config.pop("end_date", None)
        if self.days is not None:
            end = world.sandbox.clock.now() - timedelta(days=self.days)
            world.config["end_date"] = format_moment(end)


@dataclass(frozen=True, repr=False)
class Fail(Step):
    """The next exports of a stream fail."""

    stream: str
    times: int = 1

    def take(self, world: World) -> None:
        """Let them fail."""
        world.sandbox.exports.fail_next[ENTITIES[self.stream]] = self.times
        world.tally.faults["export failed"] += self.times


@dataclass(frozen=True, repr=False)
class Forget(Step):
    """Mews no longer knows the exports so far."""

    def take(self, world: World) -> None:
        """Forget them."""
        for job in world.sandbox.exports.jobs:
            world.sandbox.exports.forget(job.id)
            world.tally.faults["export forgotten"] += 1


@dataclass(frozen=True, repr=False)
class Expire(Step):
    """The exports so far end badly, though they may have been ready before."""

    status: str = "Expired"

    def take(self, world: World) -> None:
        """Let them expire or fail."""
        for job in world.sandbox.exports.jobs:
            world.sandbox.exports.force_status[job.id] = self.status
            world.tally.faults[f"export {self.status}".lower()] += 1


@dataclass(frozen=True, repr=False)
class Trouble(Readable):
    """A fault of some calls, or of some downloads.

    Attributes:
        operation: Of the API, `*` for all of them, or `files`.
        name: Of the fault.
        after: How many are spared before.
    """

    operation: str
    name: str
    after: int = 0

    def begin(self, sandbox: Sandbox) -> None:
        """Plan it."""
        if self.name == EXPIRES:
            fault: Fault = _Gone(sandbox)
        else:
            fault = (FILE_FAULTS if self.operation == "files" else FAULTS)[self.name]
        sandbox.faults.add(self.operation, fault, after=self.after)


@dataclass(frozen=True)
class _Gone:
    """The export expires at this moment."""

    sandbox: Sandbox = field(repr=False)

    def __call__(self, call: Call) -> Reply:
        for job in self.sandbox.exports.jobs:
            self.sandbox.exports.force_status[job.id] = "Expired"
        return call.carry_out()


@dataclass(frozen=True, repr=False)
class Mixed(Readable):
    """Random faults of a fifth of all calls and downloads."""

    seed: int

    def begin(self, sandbox: Sandbox) -> None:
        """Plan it."""
        sandbox.faults.mix(0.2, self.seed, MIXED, MIXED_FILES)


@dataclass(frozen=True, repr=False)
class Meanwhile(Readable):
    """Something that happens during a run, so many seconds after its start."""

    seconds: int
    step: Step


@dataclass(frozen=True, repr=False)
class Run(Step):
    """A run of the tap.

    Attributes:
        kill: When it is killed.
        unstored: How many of the last messages the target loses with it.
        faults: What goes wrong.
        meanwhile: What else happens.
        slow: Seconds that the target takes for each message.
    """

    kill: Kill | None = None
    unstored: int = 0
    faults: tuple[Trouble | Mixed, ...] = ()
    meanwhile: tuple[Meanwhile, ...] = ()
    slow: int = 0

    def take(self, world: World) -> None:
        """Run it; an error is accepted, the next run goes on after it."""
        self.outcome(world)

    def outcome(self, world: World) -> Outcome:
        """Run it, and tell how it ended."""
        sandbox, target, tally = world.sandbox, world.target, world.tally
        clock = MortalClock(sandbox)
        for each in self.meanwhile:
            clock.after(each.seconds, _happening(each.step, world))
        for fault in self.faults:
            fault.begin(sandbox)
        outcome = run_tap(
            sandbox,
            target,
            world.config,
            world.streams,
            self.kill,
            clock=clock,
            slow=self.slow,
        )
        sandbox.faults.clear()
        tally.runs += 1
        if outcome.life.was_killed:
            tally.kills[type(self.kill).__name__] += 1
            target.drop(min(self.unstored, outcome.life.reached["message"]))
        return outcome


def _happening(step: Step, world: World) -> Callable[[], None]:
    return lambda: step.take(world)


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
    seed: int = 1
    settings: tuple[tuple[str, int], ...] = field(default=())

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
    sandbox.clock.advance(SETTLING)
    error = Run().outcome(world).error
    if error is not None:
        raise error
    world.oracle.judge_end(world.streams, world.config.get("enterprise_ids"))
    journal = sandbox.journal
    faults = [each.fault for each in journal.requests()]
    faults += [each.fault for each in journal.downloads]
    for fault in filter(None, faults):
        world.tally.faults[fault.partition("(")[0]] += 1
    assert journal.breaches == []
    world.tally.histories += 1


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
    sandbox.access.enterprises_visible = not history.alone
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
    return World(sandbox, history.streams, config, target, oracle, tally)
