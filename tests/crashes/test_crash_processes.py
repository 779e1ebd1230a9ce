"""The tap is killed by signals of the system, and loses nothing."""

from __future__ import annotations

from os import environ
from typing import TYPE_CHECKING

import pytest

from tests.crashes.stories import STORIES, tell, tell_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crashes.tally import Tally


@pytest.fixture(scope="module")
def tell_story(request: pytest.FixtureRequest, tally: Tally) -> Callable[[str], None]:
    """Tells a story; several at once, unless pytest itself runs several tests."""
    if "PYTEST_XDIST_WORKER" in environ:
        return lambda name: tell(STORIES[name], tally)
    ours = [item for item in request.session.items if item.path == request.path]
    names = {name for name in STORIES for item in ours if f"[{name}]" in item.name}
    told = tell_all(names, tally)
    return lambda name: told[name].result()


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_every_row_arrives_though_the_process_is_shot(
    name: str, tell_story: Callable[[str], None]
) -> None:
    tell_story(name)
