"""Histories of a pipeline with any tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.crashes.histories import founded
from tests.crashes.portfolios.attempts import Attempt
from tests.crashes.portfolios.expectations import Expectations
from tests.crashes.portfolios.pipeline import Pipeline
from tests.crashes.readable import Readable
from tests.crashes.target import Target

if TYPE_CHECKING:
    from tests.crashes.histories import History
    from tests.crashes.portfolios.pipeline import Settings, Token
    from tests.crashes.steps import Step
    from tests.crashes.tally import Tally


@dataclass(frozen=True, repr=False)
class PortfolioHistory(Readable):
    """How a pipeline with any tokens begins, and what happens then.

    Attributes:
        hotels: Which properties there are, and which streams are selected.
        tokens: What the pipeline has; a single one is the setting `access_token`.
        settings: Of each run that does not change them.
        steps: What happens.
    """

    hotels: History
    tokens: tuple[Token, ...]
    settings: Settings
    steps: tuple[Step, ...]


def play_portfolio(history: PortfolioHistory, tally: Tally) -> None:
    """Let a history happen, then let the tap complete, and judge.

    Raises:
        LostError: A row was lost, or a bookmark went too far.
    """
    with founded(history.hotels) as sandbox:
        target = Target()
        oracle = Expectations(sandbox, sandbox.access_token, None, target, tally)
        target.judge = oracle.judge
        pipeline = Pipeline(
            sandbox,
            history.hotels.streams,
            {},
            target,
            oracle,
            tally,
            history.tokens,
            history.settings,
        )
        for step in history.steps:
            step.take(pipeline)
        Attempt().complete(pipeline)
    tally.histories += 1
