"""Objects that hypothesis shows when a history fails."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance
    from hypothesis.vendor.pretty import RepresentationPrinter


class Readable:
    """A dataclass that shows only what differs from its defaults."""

    def __repr__(self: DataclassInstance) -> str:
        """Python that makes the same object."""
        shown = [f"{prefix}{value!r}" for prefix, value in _shown(self)]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_pretty_(
        self: DataclassInstance, printer: RepresentationPrinter, cycle: object
    ) -> None:
        """The same on several lines, as hypothesis asks for it."""
        del cycle  # there is none
        with printer.group(1, f"{type(self).__name__}(", ")"):
            for place, (prefix, value) in enumerate(_shown(self)):
                if place:
                    printer.text(",")
                    printer.breakable()
                printer.text(prefix)
                printer.pretty(value)


def _shown(self: DataclassInstance) -> Iterator[tuple[str, object]]:
    """What differs from the defaults: what to write before a value, and the value."""
    for each in fields(self):
        value = getattr(self, each.name)
        if each.default is MISSING:
            yield "", value
        elif value != each.default:
            yield f"{each.name}=", value
