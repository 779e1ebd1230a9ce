"""What a target saw of all runs of a pipeline, and what it would keep of that."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from facts import STREAMS
from tests.pages_harness import ADDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Json


class Target:
    """Reads messages in order; what it saw last of a row and of the state holds.

    Attributes:
        messages: Whole messages of all runs, in the order in which they came.
        rows: By stream and key, without what the tap has added.
        state: The value of the last STATE, which the next run is given.
        judge: Called with each STATE when it comes.
    """

    def __init__(self, judge: Callable[[Json], None] | None = None) -> None:
        """Start with nothing.

        Args:
            judge: Called with each STATE when it comes.
        """
        self.messages: list[Json] = []
        self.judge = judge
        self._begin()

    def take(self, line: bytes) -> None:
        """Read one line.

        Raises:
            ValueError: It is no message.
        """
        message = json.loads(line, parse_float=Decimal)
        self.messages.append(message)
        self._keep(message)
        if message["type"] == "STATE" and self.judge:
            self.judge(message["value"])

    def drop(self, count: int) -> None:
        """Lose the newest messages: they were read, but not yet stored anywhere."""
        if count:
            del self.messages[-count:]
            self._begin()
            for message in self.messages:
                self._keep(message)

    def _begin(self) -> None:
        self.rows: dict[str, dict[str, Json]] = defaultdict(dict)
        self.state: Json | None = None

    def _keep(self, message: Json) -> None:
        if message["type"] == "STATE":
            self.state = message["value"]
        elif message["type"] == "RECORD":
            row = {k: v for k, v in message["record"].items() if k != ADDED}
            stream = message["stream"]
            self.rows[stream][key_of(stream, row)] = row


def key_of(stream: str, row: Json) -> str:
    """The key of a row, as the sandbox writes it."""
    return "/".join(str(row[column]) for column in STREAMS[stream].key).lower()
