"""Who is sent what: tokens to Mews alone, and nothing to where a redirect leads."""

from __future__ import annotations

import io
from contextlib import closing
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from sandbox import Sandbox
from sandbox.faults import FILES, Status
from tap_mews.errors import DownloadError, RefusedError
from tap_mews.exports.downloads import Downloader
from tap_mews.exports.spool import Spool
from tap_mews.metrics.usage import UsageRecord
from tap_mews.run import Run
from tap_mews.settings import CONFIG, Settings
from tests.harness import FastClock, select, sync


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_of_the_api_are_refused(sandbox: Sandbox, status: int) -> None:
    with Sandbox(properties=1, days=1) as other:
        location = f"{other.url}/api/connector/v1/exports/add"
        sandbox.faults.add("*", Status(status, "", {"Location": location}), times=None)
        for stream in ("customers", "source_assignments", "companionships"):
            result = sync(sandbox.config(), catalog=select(stream))
            assert isinstance(result.error, RefusedError)
            assert "follows no redirects" in str(result.error)
            assert location not in str(result.error)
        assert other.journal.requests() == []
        assert other.journal.downloads == []


def test_a_file_host_that_is_another_one_gets_no_token(sandbox: Sandbox) -> None:
    with Sandbox(properties=1, days=1) as other:
        other.platform.access = sandbox.access  # so it knows what to look for
        headers = {"Location": f"{other.url}/files/there?sig=elsewhere"}
        sandbox.faults.add(FILES, Status(302, "", headers), times=None)
        result = sync(sandbox.config(), catalog=select("customers"))
        assert isinstance(result.error, DownloadError)
        assert {each.status for each in other.journal.downloads} == {403}
        assert other.journal.breaches == []


class Redirecting(BaseAdapter):
    """Answers each request with a redirect; none is sent anywhere."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._location = location

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401
        """Redirect."""
        self.asked.append(str(request.url))
        response = requests.Response()
        response.status_code = 302
        response.headers["Location"] = self._location
        response.raw = io.BytesIO()
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is held."""


OTHER_SCHEMES = ["ftp://127.0.0.1/f", "file:///etc/hostname", "//127.0.0.1/f", "f", ""]


def fetch(downloader: Downloader, url: str) -> None:
    """Ask for a file of one byte."""
    with closing(Spool(None).new_file(1)) as file:
        downloader.fetch(url, 1, file, "file 1", UsageRecord())


@pytest.mark.parametrize("url", ["http://127.0.0.1/f", *OTHER_SCHEMES])
def test_a_file_is_asked_for_by_https_alone(url: str) -> None:
    with pytest.raises(DownloadError, match="not an https address"):
        fetch(Downloader(FastClock(), allow_http=False), f"{url}?sig=x")


@pytest.mark.parametrize("url", OTHER_SCHEMES)
def test_loopback_allows_http_and_no_other_scheme(url: str) -> None:
    with pytest.raises(DownloadError, match="not an https address"):
        fetch(Downloader(FastClock(), allow_http=True), f"{url}?sig=x")


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/f?sig=x", "ftp://x/f?sig=x", "HTTP://x/f?sig=x"]
)
def test_no_redirect_leads_a_file_away_from_https(location: str) -> None:
    downloader = Downloader(FastClock(), allow_http=False)
    host, plain = Redirecting(location), Redirecting(location)
    downloader._session.mount("https://", host)
    downloader._session.mount("http://", plain)
    with pytest.raises(DownloadError, match="not an https address") as caught:
        fetch(downloader, "https://host/f?sig=x")
    assert len(host.asked) == 1
    assert plain.asked == []
    assert "sig=" not in str(caught.value)


@pytest.mark.parametrize(
    ("api_url", "allowed"),
    [
        ("https://api.mews.com", False),
        ("https://api.mews-demo.com", False),
        ("https://127.0.0.1.mews.com", False),
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:8000", True),
    ],
)
def test_files_may_come_by_http_only_when_the_api_is_on_this_machine(
    api_url: str, *, allowed: bool
) -> None:
    config = {"client_token": "c" * 9, "access_token": "a" * 9, "api_url": api_url}
    settings = Settings.load(config, CONFIG)
    found = Run(settings, FastClock(), lambda: None, lambda: None)
    plain = Redirecting("ftp://x/f")
    found.downloader._session.mount("http://", plain)
    with pytest.raises(DownloadError):
        fetch(found.downloader, "http://host/f?sig=x")
    assert len(plain.asked) == allowed
