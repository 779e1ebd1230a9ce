"""Checks of data that hold for each of many things, in one test each."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def all_of(name: str, values: Mapping[str, object]) -> Callable[..., Any]:
    """As `parametrize`, in one test that names all for which the check fails.

    Args:
        name: Of the parameter.
        values: What it is, by the name that a failure shows.
    """
    assert values

    def decorator(check: Callable[..., None]) -> Callable[..., None]:
        @wraps(check)
        def test(**fixtures: object) -> None:
            failures = []
            for shown, value in values.items():
                try:
                    check(**fixtures, **{name: value})
                except AssertionError as error:
                    failures.append(f"{shown}: {error}")
            assert not failures, "\n".join(failures)

        signature = inspect.signature(check)
        others = [each for key, each in signature.parameters.items() if key != name]
        vars(test)["__signature__"] = signature.replace(parameters=others)
        return test

    return decorator
