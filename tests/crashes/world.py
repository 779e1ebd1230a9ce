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

    def reachable(self) -> list[str]:
        """The properties that the token opens."""
        access = self.sandbox.access
        return access.enterprises(access.find(self.config["access_token"]))
