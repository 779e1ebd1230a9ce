"""The settings that all of these begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json


@pytest.fixture
def config(sandbox: Sandbox) -> Json:
    """Settings with a letter that no two encodings write alike."""
    return sandbox.config(extraction="pages", client_name="Über 1")
