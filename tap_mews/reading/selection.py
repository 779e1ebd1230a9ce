"""What a stream reads of all that the tokens reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True)
class Selection:
    """What a stream reads of all there is.

    Attributes:
        ids: The enterprises or chains that it reads, or None if unknown.
        scope: Those that requests must name; None if they name none.
    """

    ids: tuple[str, ...] | None
    scope: tuple[str, ...] | None

    def without(self, ids: AbstractSet[str]) -> Selection:
        """The rest of it, which requests must name if something is left out.

        Args:
            ids: Enterprises, chains or parents to leave out.
        """
        if self.ids is None or ids.isdisjoint(self.ids):
            return self
        rest = tuple(key for key in self.ids if key not in ids)
        return Selection(rest, rest)
