"""How many examples Hypothesis makes up for a test."""

from __future__ import annotations

from os import environ
from typing import Any

from hypothesis import settings

TIMES = int(environ.get("EXAMPLES") or 1)
"""Every week CI tries more than a change is tried with: see the workflow."""


def examples(count: int, **others: Any) -> settings:  # noqa: ANN401 - as settings
    """Settings with so many examples; how long one takes depends on the machine."""
    return settings(max_examples=count * TIMES, deadline=None, **others)
