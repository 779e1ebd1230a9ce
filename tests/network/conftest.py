"""A machine without proxies, and the two ways out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.network.seams import ask_api, ask_file_host
from tests.network.servers import Authority

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES + BUNDLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def authority() -> Authority:
    """One for all tests: to found it takes a moment."""
    return Authority.founded()


@pytest.fixture(params=[ask_api, ask_file_host], ids=["API", "file host"])
def ask(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Each of the two ways out: what holds for the one holds for the other."""
    found: Callable[[str], None] = request.param
    return found
