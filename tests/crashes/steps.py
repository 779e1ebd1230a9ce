"""What happens to a pipeline and to the hotels behind it."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_mews.timestamps import format_moment
from tests.crashes.mortal import Kill, MortalClock, Outcome, run_tap
from tests.crashes.readable import Readable
from tests.export_harness import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crashes.troubles import Mixed, Trouble
    from tests.crashes.world import World

MAX_PROPERTIES = 4


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
        if len(world.sandbox.enterprise_ids) < MAX_PROPERTIES:
            world.sandbox.add_property(new_chain=self.new_chain)
            if world.has_many_tokens:
                world.give_tokens()


@dataclass(frozen=True, repr=False)
class Renew(Step):
    """Every property gets another token under another name."""

    def take(self, world: World) -> None:
        """Change the setting."""
        if world.has_many_tokens:
            world.give_tokens()


@dataclass(frozen=True, repr=False)
class Merge(Step):
    """One token for all properties takes the place of the others, or joins them."""

    beside: bool = False

    def take(self, world: World) -> None:
        """Change the setting."""
        if world.has_many_tokens:
            others = world.config["access_tokens"] if self.beside else {}
            token = world.sandbox.access_token
            world.config["access_tokens"] = {**others, "all": token}


@dataclass(frozen=True, repr=False)
class TakeAway(Step):
    """The token of one property is taken out of the settings, if it is not the last."""

    number: int

    def take(self, world: World) -> None:
        """Change the setting."""
        if world.has_many_tokens:
            tokens = world.config["access_tokens"]
            gone = [*tokens][self.number % len(tokens)]
            left = {name: each for name, each in tokens.items() if name != gone}
            world.config["access_tokens"] = left or tokens


@dataclass(frozen=True, repr=False)
class Withdraw(Step):
    """The token of one property opens nothing any more, but stays in the settings."""

    number: int

    def take(self, world: World) -> None:
        """Withdraw it."""
        if world.has_many_tokens:
            tokens = [*world.config["access_tokens"].values()]
            token = tokens[self.number % len(tokens)]
            if token != world.sandbox.access_token:
                world.sandbox.access.withdraw(token)
                world.tally.faults["token withdrawn"] += 1


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
    value: int | str

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
