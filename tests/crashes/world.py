"""The hotels, the pipeline and the target of one history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.crashes.oracle import Oracle
    from tests.crashes.tally import Tally
    from tests.crashes.target import Target
    from tests.harness import Json


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

    @property
    def has_many_tokens(self) -> bool:
        """Whether the pipeline has a token for each property."""
        return self.config.get("access_tokens") is not None

    def reachable(self) -> list[str]:
        """The properties that are there to be read, whatever becomes of tokens."""
        access = self.sandbox.access
        return access.enterprises(access.find(self.oracle.token))

    def give_tokens(self) -> None:
        """Let the pipeline have a good token for each property, under other names."""
        access, hotels = self.sandbox.access, self.sandbox.enterprise_ids
        self.config["access_tokens"] = {
            f"{len(access.tokens())}": access.single_property(hotel) for hotel in hotels
        }
