"""A run imports what it uses, and nothing else of what takes long to load."""

from __future__ import annotations

import subprocess
import sys

import pytest

DISCOVERY = """
import sys
from tap_mews.tap import TapMews
TapMews(validate_config=False).catalog_dict
print(*sys.modules)
"""


@pytest.mark.parametrize(
    "module",
    ["tap_mews.api.client", "tap_mews.records.batch_files", "s3fs"],
)
def test_discovery_does_not_import_what_only_a_sync_uses(module: str) -> None:
    command = [sys.executable, "-c", DISCOVERY]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = found.stdout.split()
    assert "tap_mews.tap" in loaded
    assert module not in loaded
