"""How many identifiers one request may name."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from tap_mews.errors import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_mews.identifiers import Ids

T = TypeVar("T")

logger = logging.getLogger("tap-mews.pages")


class MostIds:
    """Splits identifiers between requests, smaller once Mews calls one too large."""

    def __init__(self, most: int) -> None:
        """Begin with what the operation documents.

        Args:
            most: Identifiers that a request may name.
        """
        self._most = most

    def read(self, ids: Ids, some: Callable[[Ids], Iterator[T]]) -> Iterator[T]:
        """What requests by some of the identifiers give, one after the other.

        Args:
            ids: All of them; None for a request that names none.
            some: Makes the requests. It is called again with fewer identifiers after
                HTTP 413, so what it gave before that comes twice.

        Raises:
            TooLargeError: A request is too large with one identifier, or none.
        """
        if ids is None:
            yield from some(None)
            return
        left = ids
        while left:
            part = left[: self._most]
            try:
                yield from some(part)
            except TooLargeError as error:
                if len(part) == 1:
                    raise
                self._most = len(part) // 2
                message = "%s; sending at most %d identifiers in one request"
                logger.warning(message, error, self._most)
            else:
                left = left[len(part) :]
