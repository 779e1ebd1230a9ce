"""A pipeline with any tokens, and the hotels that they open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from sandbox.clock import START
from tap_mews.timestamps import format_moment
from tests.crashes.readable import Readable
from tests.crashes.world import World

if TYPE_CHECKING:
    from tests.crashes.portfolios.expectations import Expectations
    from tests.harness import Json

Settings: TypeAlias = "tuple[tuple[str, int | str | tuple[int, ...] | None], ...]"
"""Names and values: dates in days before the first run, properties by their numbers."""

COMMON: Json = {
    "sensitive_streams": True,
    "availability_days_back": 1,
    "availability_days_ahead": 2,
}
"""What all runs have set, so that all streams are there and none takes long."""


@dataclass(frozen=True, repr=False)
class Token(Readable):
    """An access token.

    Attributes:
        hotels: The numbers of the properties that it opens, None for all that there
            are; it is in use once any of them has joined.
        is_portfolio: Whether it is a portfolio token though it opens one property.
    """

    hotels: tuple[int, ...] | None = None
    is_portfolio: bool = False


@dataclass(frozen=True, repr=False)
class Tokens(Readable):
    """How a run uses the tokens of its pipeline.

    Attributes:
        used: The numbers of those in the settings; None for all.
        suffix: What follows their names.
        are_listed: Whether they have no names.
        are_merged: Whether one token for all properties takes the place of them.
        withdrawn: The numbers of those that open nothing any more.
    """

    used: tuple[int, ...] | None = None
    suffix: str = ""
    are_listed: bool = False
    are_merged: bool = False
    withdrawn: tuple[int, ...] = ()


@dataclass
class Pipeline(World):
    """The hotels, the pipeline and the target of one history.

    Attributes:
        oracle: Judges.
        tokens: Those that can be in the settings.
        settings: Of each run that does not change them.
    """

    oracle: Expectations
    tokens: tuple[Token, ...] = ()
    settings: Settings = ()
    _granted: dict[tuple[int, tuple[str, ...]], str] = field(default_factory=dict)

    def configure(self, tokens: Tokens, settings: Settings) -> dict[str, str]:
        """Change the settings for the next run.

        Args:
            tokens: Which ones it has.
            settings: What else differs from the others.

        Returns:
            The names of its tokens, by token.
        """
        names = self._names(tokens)
        self.config = self.sandbox.config(**COMMON, access_token=None)
        if len(self.tokens) == 1 or tokens.are_merged:
            (self.config["access_token"],) = names
        elif tokens.are_listed:
            self.config["access_tokens"] = [*names]
        else:
            self.config["access_tokens"] = {name: key for key, name in names.items()}
        reached = self.oracle.reached(names)
        for name, value in dict((*self.settings, *settings)).items():
            if value is None:
                continue
            if isinstance(value, tuple):
                chosen = [self.hotel(each) for each in value]
                if ids := [each for each in chosen if each in reached]:
                    self.config[name] = ids
            elif name.endswith("start_date"):
                moment = START - timedelta(days=int(value))
                self.config[name] = format_moment(moment)
            else:
                self.config[name] = value
        return names

    def hotel(self, number: int) -> str | None:
        """The property of this number; None as long as it has not joined."""
        joined = self.sandbox.enterprise_ids
        return joined[number] if number < len(joined) else None

    def withdraw(self, number: int) -> str | None:
        """Let a token open nothing any more; another one takes its place later."""
        token = self._token(number)
        if token is not None:
            self.sandbox.access.withdraw(token)
            self._granted = {k: v for k, v in self._granted.items() if v != token}
            self.tally.faults["token withdrawn"] += 1
        return token

    def _names(self, tokens: Tokens) -> dict[str, str]:
        if tokens.are_merged:
            return {self.sandbox.access_token: ""}
        numbers = range(len(self.tokens))
        known = {number: self._token(number) for number in numbers}
        usable = {number: token for number, token in known.items() if token}
        used = usable.keys() & set(tokens.used or ()) or usable.keys()
        if len(self.tokens) == 1:
            return {usable[0]: ""}
        return {
            usable[number]: f"token {place}"
            if tokens.are_listed
            else f"{grant_name(number)}{tokens.suffix}"
            for place, number in enumerate(sorted(used), 1)
        }

    def _token(self, number: int) -> str | None:
        """The access token of this number; None as long as it has no property."""
        token = self.tokens[number]
        ids = tuple(filter(None, map(self.hotel, token.hotels or ())))
        if token.hotels is not None and not ids:
            return None
        if (number, ids) not in self._granted:
            self._granted[number, ids] = self.sandbox.access.grant(
                None if token.hotels is None else [*ids],
                portfolio=token.is_portfolio or len(ids) != 1,
                name=grant_name(number),
            )
        return self._granted[number, ids]


def grant_name(number: int) -> str:
    """What the sandbox calls a token of the pipeline."""
    return f"T{number}"
