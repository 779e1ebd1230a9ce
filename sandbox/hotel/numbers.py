"""Numbers that go up, such as those of bills."""

from __future__ import annotations


class Numbers:
    """What `itertools.count` does; newer Pythons cannot pickle that."""

    def __init__(self, first: int = 1) -> None:
        """Begin with a number."""
        self._following = first

    def __next__(self) -> int:
        """Give the next number."""
        number = self._following
        self._following += 1
        return number
