"""The tap is killed by signals of the system, and loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crashes.stories import STORIES, tell_all

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tests.crashes.tally import Tally


@pytest.fixture(scope="module")
def told(tally: Tally) -> dict[str, Future[None]]:
    """All stories, told side by side."""
    return tell_all(tally)


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_every_row_arrives_though_the_process_is_shot(
    name: str, told: dict[str, Future[None]]
) -> None:
    told[name].result()
