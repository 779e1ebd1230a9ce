"""Tokens, permissions and settings change between runs, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crashes.portfolios.histories import play_portfolio
from tests.crashes.portfolios.strategies import portfolios
from tests.crashes.search import number, play_all

if TYPE_CHECKING:
    from tests.crashes.tally import Tally

PARTS = 4
"""The histories are dealt out to so many tests, which can run side by side."""

TIMES = 6
"""As many times the histories of one stream elsewhere are tried in each part."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_tokens_open_every_row_arrives_or_the_run_says_so(
    part: int, tally: Tally
) -> None:
    play_all(
        portfolios(),
        lambda history: play_portfolio(history, tally),
        TIMES * number(),
        part,
    )
