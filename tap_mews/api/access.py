"""An access token: its rate of requests, and what Mews has let it do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_mews.api.rate_limit import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_mews.clock import Clock

WRITES = {"exports/add"}
"""Operations that are not called just to see how they are answered."""


class Access:
    """What an access token opens, of one enterprise or of several.

    Attributes:
        name: What messages call it; empty where there is only one.
        token: The secret.
        rate_limiter: The rate of requests that Mews grants to it.
        accepted: By operation, the first read that Mews answered it in this run.
    """

    def __init__(self, name: str, token: str, clock: Clock) -> None:
        """Start with nothing asked.

        Args:
            name: By the setting `access_tokens`.
            token: The secret.
            clock: Time and sleep of the run.
        """
        self.name = name
        self.token = token
        self.rate_limiter = RateLimiter(clock)
        self.accepted: dict[str, Mapping[str, Any]] = {}

    @property
    def known_read(self) -> tuple[str, Mapping[str, Any]] | None:
        """A read that Mews has answered, to see whether it still does."""
        # a copy, since other threads add to it
        accepted = list(self.accepted.items())
        return next((each for each in accepted if each[0] not in WRITES), None)

    def __repr__(self) -> str:
        """Its name, without the token."""
        return f"Access({self.name!r})"
