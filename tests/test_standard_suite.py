"""The SDK's own tests of a tap, against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.testing.templates import AttributeTestTemplate

from sandbox import Sandbox
from tap_mews.tap import TapMews
from tests.harness import FastClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Stream

OF_ONE_PARENT = ["customer_relationships", "reservation_channel_details"]
"""Read under other rows, of which a test asks for one; that one need not have any."""

# The SDK wants settings when it makes the class; the address comes when it is known.
CONFIG = {"client_token": "later", "access_token": "later"}


class FastTap(TapMews):
    """The tap, without waiting."""

    clock = FastClock()

    def discover_streams(self) -> list[Stream]:
        """All streams, selected: the suite looks at nothing else."""
        streams = super().discover_streams()
        for stream in streams:
            stream.selected_by_default = True
        return streams


@pytest.fixture(scope="module", autouse=True)
def served() -> Iterator[None]:
    """A sandbox in which its last day, which a test reads, has all sorts of rows."""
    with Sandbox(properties=3, days=20, reservations_per_day=6) as sandbox:
        sandbox.limits.requests = 1_000_000
        CONFIG.update(sandbox.config())
        yield
        assert sandbox.journal.breaches == []


@pytest.fixture(autouse=True)
def own_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test of a property look at its values.

    The SDK makes one object for all properties that it tests alike, and that keeps the
    values of the first one.
    """
    name = "non_null_attribute_values"
    kept = vars(AttributeTestTemplate)[name]
    monkeypatch.setattr(AttributeTestTemplate, name, property(kept.func))


# a day of the sandbox has no value of some rare properties
@pytest.mark.filterwarnings("ignore:No records were available to test")
@pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records")
class TestTapMews(
    get_tap_test_class(  # type: ignore[misc]
        FastTap,
        config=CONFIG,
        suite_config=SuiteConfig(
            max_records_limit=200, ignore_no_records_for_streams=OF_ONE_PARENT
        ),
        parse_env_config=False,
    )
):
    """All tests that the SDK has for taps."""
