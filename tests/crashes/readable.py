"""Objects that hypothesis shows when a history fails."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Readable:
    """A dataclass that shows only what differs from its defaults."""

    def __repr__(self: DataclassInstance) -> str:
        """Python that makes the same object."""
        shown = []
        for each in fields(self):
            value = getattr(self, each.name)
            if each.default is MISSING:
                shown.append(repr(value))
            elif value != each.default:
                shown.append(f"{each.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"
