"""What can go wrong at Mews and on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
from tests.crashes.readable import Readable

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply

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
            fault: Fault = ExportExpires(sandbox)
        else:
            fault = (FILE_FAULTS if self.operation == "files" else FAULTS)[self.name]
        sandbox.faults.add(self.operation, fault, after=self.after)


@dataclass(frozen=True)
class ExportExpires:
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
