"""Which fault happens to which call."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.faults import FILES, TRANSIENT, TRANSIENT_DOWNLOAD, Fault

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class _Planned:
    operation: str
    fault: Fault
    times: int | None
    after: int


class Faults:
    """The faults that wait for their call."""

    def __init__(self) -> None:
        """Start without faults."""
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []
        self._rate = 0.0
        self._rng = random.Random(0)
        self._mixed: tuple[Sequence[Fault], Sequence[Fault]] = ((), ())

    def add(
        self, operation: str, fault: Fault, times: int | None = 1, after: int = 0
    ) -> None:
        """Let a fault happen to the next calls of an operation.

        Args:
            operation: the operation, `*` for all, `files` for the file host.
            fault: what happens.
            times: to how many calls, None for all that follow.
            after: how many calls are spared before.
        """
        with self._lock:
            self._planned.append(_Planned(operation, fault, times, after))

    def mix(
        self,
        rate: float = 0.2,
        seed: int = 1,
        faults: Sequence[Fault] = TRANSIENT,
        downloads: Sequence[Fault] = TRANSIENT_DOWNLOAD,
    ) -> None:
        """Let random faults happen to this share of all calls."""
        with self._lock:
            self._rate = rate
            self._rng = random.Random(seed)
            self._mixed = (faults, downloads)

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._planned.clear()
            self._rate = 0.0

    def due(self, operation: str) -> Fault | None:
        """Give the fault for this call of an operation, if it has one."""
        with self._lock:
            for planned in self._planned:
                if _matches(planned, operation):
                    if planned.after > 0:
                        planned.after -= 1
                    elif planned.times is None or planned.times > 0:
                        planned.times = planned.times and planned.times - 1
                        return planned.fault
            mixed = self._mixed[operation == FILES]
            if mixed and self._rng.random() < self._rate:
                return self._rng.choice(mixed)
        return None


def _matches(planned: _Planned, operation: str) -> bool:
    return planned.operation == operation or (
        planned.operation == "*" and operation != FILES
    )
