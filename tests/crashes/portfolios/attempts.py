"""Runs of a pipeline with any tokens, each with what is particular about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facts import OPERATIONS
from sandbox.faults import Status
from tap_mews.errors import PropertyFailureError
from tests.crashes.histories import SETTLING, count_faults
from tests.crashes.mortal import Kill, MortalClock, Outcome, run_tap
from tests.crashes.portfolios.pipeline import Pipeline, Settings, Tokens, grant_name
from tests.crashes.readable import Readable
from tests.crashes.steps import Step
from tests.pages_harness import ENTERPRISES, Where

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Sandbox
    from tests.crashes.troubles import Mixed, Trouble
    from tests.crashes.world import World
    from tests.harness import Json

ALL = Tokens()

NEXT_RUN = "skipped in this run, the next run reads it"
"""How a run says what it goes on without."""


@dataclass(frozen=True, repr=False)
class Refusal(Readable):
    """Mews does not carry out an operation throughout a run.

    Attributes:
        operation: Which one.
        status: What it answers.
        hotels: The numbers of the properties for which it does not; None for all.
        tokens: The numbers of the tokens for which it does not; None for all.
    """

    operation: str
    status: int = 401
    hotels: tuple[int, ...] | None = None
    tokens: tuple[int, ...] | None = None

    def begin(self, pipeline: Pipeline) -> None:
        """Refuse it from now on."""
        sandbox, status = pipeline.sandbox, Status(self.status, "Refused.")
        pipeline.tally.faults[f"refused with {self.status}"] += 1
        if self.tokens is not None:
            names = {*map(grant_name, self.tokens)}
            fault = Where(sandbox, lambda request: request.grant in names, status)
            sandbox.faults.add(self.operation, fault, times=None)
            return
        if self.hotels is None:
            sandbox.access.revoke(self.operation, self.status)
            return
        hotels = [*filter(None, map(pipeline.hotel, self.hotels))]
        sandbox.access.revoke(self.operation, self.status, hotels)
        # the sandbox looks at the properties that a request names, not at their parents
        named = _parents(self.operation, hotels, sandbox)
        fault = Where(sandbox, lambda request: named(request.body), status)
        sandbox.faults.add(self.operation, fault, times=None)


def _parents(
    operation: str, hotels: list[str], sandbox: Sandbox
) -> Callable[[Json], bool]:
    """What tells whether a request names a parent that belongs to some properties."""
    parents = OPERATIONS[operation].parents
    store = sandbox.platform.store
    own = {
        row.data["Id"]
        for above in {path for paths in parents.values() for path in paths}
        for row in store.table(OPERATIONS[above].entity).ordered()
        if row.owner in hotels
    }
    return lambda body: any(not own.isdisjoint(body.get(name, ())) for name in parents)


@dataclass(frozen=True, repr=False)
class Attempt(Step):
    """A run of the tap.

    Attributes:
        settings: Those that differ from the pipeline's.
        tokens: How it uses the tokens of the pipeline.
        refusals: What Mews does not carry out.
        faults: What else goes wrong.
        without: A stream that is not selected.
        kill: When it is killed.
        unstored: How many of the last messages the target loses with it.
    """

    settings: Settings = ()
    tokens: Tokens = ALL
    refusals: tuple[Refusal, ...] = ()
    faults: tuple[Trouble | Mixed, ...] = ()
    without: str | None = None
    kill: Kill | None = None
    unstored: int = 0

    def take(self, world: World) -> None:
        """Run it, and check how it ended and what has come."""
        self.play(world)

    def complete(self, world: World) -> None:
        """Run it, and check that all has come.

        Raises:
            LostError: It has not.
        """
        world.sandbox.exports.fail_next.clear()
        self.play(world, is_last=True)

    def play(self, world: World, *, is_last: bool = False) -> None:
        """Run it, and check how it ended and what has come.

        Args:
            world: A pipeline.
            is_last: Whether nothing may be set aside.

        Raises:
            LostError: Something is missing, and the run did not say so.
        """
        assert isinstance(world, Pipeline)
        names = world.configure(self.tokens, self.settings)
        # a portfolio with one token that may not list is read as one property
        refusals = [
            each
            for each in self.refusals
            if len(names) > 1 or each.operation != ENTERPRISES
        ]
        seen = len(world.target.messages)
        fails = bool(world.sandbox.exports.fail_next)
        outcome, lost = self._run(world, refusals)
        if outcome.life.was_killed:
            return
        is_quiet = not (refusals or self.faults or lost or fails)
        if is_quiet and outcome.error is not None:
            raise outcome.error
        complete = _complete(outcome, world)
        if is_quiet or is_last:
            assert complete == {*self.streams(world)}, outcome.warnings
        tokens = [
            token
            for token, name in names.items()
            if token not in lost and not _is_in_trouble(name, outcome)
        ]
        if _lists_all(refusals):
            for stream in complete:
                world.oracle.judge_run(stream, tokens, seen, is_last=is_last)

    def streams(self, world: World) -> tuple[str, ...]:
        """What is selected."""
        return tuple(each for each in world.streams if each != self.without)

    def _run(
        self, world: Pipeline, refusals: list[Refusal]
    ) -> tuple[Outcome, set[str]]:
        """Run it, and give how it ended, and the tokens that opened nothing."""
        sandbox, tally = world.sandbox, world.tally
        sandbox.clock.advance(SETTLING)
        world.oracle.begin(world.config)
        for each in refusals:
            each.begin(world)
        for fault in self.faults:
            fault.begin(sandbox)
        lost = {world.withdraw(number) for number in self.tokens.withdrawn}
        outcome = run_tap(
            sandbox,
            world.target,
            world.config,
            self.streams(world),
            self.kill,
            clock=MortalClock(sandbox),
        )
        count_faults(world)
        if _lists_all(refusals):
            assert sandbox.journal.breaches == []
        sandbox.journal.clear()
        sandbox.faults.clear()
        for each in refusals:
            sandbox.access.allow(each.operation)
        tally.runs += 1
        if outcome.life.was_killed:
            tally.kills[type(self.kill).__name__] += 1
            world.target.drop(min(self.unstored, outcome.life.reached["message"]))
        return outcome, {*filter(None, lost)}


def _lists_all(refusals: list[Refusal]) -> bool:
    """Whether the tap can know what its tokens open, and so what to ask for."""
    return all(each.operation != ENTERPRISES for each in refusals)


def _complete(outcome: Outcome, world: World) -> set[str]:
    """The streams that a run says to have read whole; the others it must name."""
    if outcome.record is None:
        return set()
    streams = outcome.record.streams
    complete = {name for name, each in streams.items() if each.is_complete}
    if outcome.error is None or isinstance(outcome.error, PropertyFailureError):
        rule = world.config.get("on_property_failure", "fail_at_end")
        fails = bool(outcome.record.failures) and rule == "fail_at_end"
        assert fails == (outcome.error is not None), outcome.warnings
        for name in streams.keys() - complete:
            assert any(name in each for each in outcome.warnings), f"{name}: no word"
    return complete


def _is_in_trouble(name: str, outcome: Outcome) -> bool:
    """Whether a run says that it could not use a token at all."""
    return any(
        each.startswith(f"WARNING {name}: ") and each.endswith(NEXT_RUN)
        for each in outcome.warnings
    )
