"""The file host: ranges, compression, broken connections."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.faults import FILES, Cut, Drip, Reset, Short, Status

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.api import Api


@pytest.fixture
def url(api: Api) -> str:
    return str(api.shown(api.add("Bill"))["Files"][0]["Url"])


@pytest.fixture
def content(api: Api, url: str) -> bytes:
    return api.get(url).content


def test_a_range_gives_the_rest(api: Api, url: str, content: bytes) -> None:
    rest = api.get(url, Range="bytes=100-")
    assert (rest.status_code, rest.content) == (206, content[100:])
    size = len(content)
    assert rest.headers["Content-Range"] == f"bytes 100-{size - 1}/{size}"
    assert api.get(url, Range="bytes=5-9").content == content[5:10]
    assert api.get(url, Range=f"bytes={size}-").status_code == 416
    download = api.sandbox.journal.downloads[1]
    assert (download.range, download.sent) == ("bytes=100-", size - 100)


def test_a_range_of_another_file_gives_the_whole(api: Api, url: str) -> None:
    etag = api.get(url).headers["ETag"]
    same = {"Range": "bytes=100-", "If-Range": etag}
    assert api.get(url, **same).status_code == 206
    assert api.get(url, **{**same, "If-Range": '"other"'}).status_code == 200


def test_a_host_can_ignore_ranges(
    sandbox: Sandbox, api: Api, url: str, content: bytes
) -> None:
    sandbox.exports.ranges = False
    whole = api.get(url, Range="bytes=100-")
    assert (whole.status_code, whole.content) == (200, content)
    assert "Accept-Ranges" not in whole.headers


def test_transport_can_be_compressed(
    sandbox: Sandbox, api: Api, url: str, content: bytes
) -> None:
    sandbox.exports.gzip = True
    with requests.get(url, stream=True, timeout=60) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        raw = answer.raw.read()
    assert len(raw) == int(answer.headers["Content-Length"])
    assert gzip.decompress(raw) == content
    plain = api.get(url, **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_a_token_sent_to_the_file_host_is_a_breach(
    sandbox: Sandbox, api: Api, url: str
) -> None:
    api.get(url)
    assert sandbox.journal.breaches == []
    api.get(url, Authorization=f"Bearer {sandbox.access_token}")
    api.get(f"{url}&client={sandbox.client_token}")
    assert len(sandbox.journal.breaches) == 2


def test_a_download_can_be_reset(sandbox: Sandbox, api: Api, url: str) -> None:
    sandbox.faults.add(FILES, Cut(after=1000))
    with pytest.raises(
        (requests.ConnectionError, requests.exceptions.RequestException)
    ):
        api.get(url)
    assert sandbox.journal.downloads[-1].sent == 1000
    assert api.get(url).status_code == 200


def test_a_download_can_end_early_without_an_error(
    sandbox: Sandbox, url: str, content: bytes
) -> None:
    sandbox.faults.add(FILES, Cut(after=1000, drop="close"))
    with requests.get(url, stream=True, timeout=60) as answer:
        assert answer.headers["Content-Length"] == str(len(content))
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            assert answer.content


def test_a_download_can_be_shorter_than_it_says(
    sandbox: Sandbox, api: Api, url: str, content: bytes
) -> None:
    sandbox.faults.add(FILES, Short(by=25))
    assert api.get(url).content == content[:-25]


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_download_can_be_denied_once(
    sandbox: Sandbox, api: Api, url: str, status: int
) -> None:
    sandbox.faults.add(FILES, Status(status))
    assert api.get(url).status_code == status
    assert api.get(url).status_code == 200


def test_a_download_can_be_slow(
    sandbox: Sandbox, api: Api, url: str, content: bytes
) -> None:
    sandbox.faults.add(FILES, Drip(seconds=0.05, piece=len(content) // 4 + 1))
    answer = api.get(url)
    assert answer.elapsed.total_seconds() < 0.2
    assert answer.content == content
    sandbox.faults.add(FILES, Drip(seconds=5, piece=100))
    with pytest.raises(requests.exceptions.RequestException):
        requests.get(url, timeout=0.1)


def test_a_connection_can_break_before_the_answer(
    sandbox: Sandbox, api: Api, url: str
) -> None:
    sandbox.faults.add(FILES, Reset())
    with pytest.raises(requests.ConnectionError):
        api.get(url)
    assert sandbox.journal.downloads[-1].fault == "Reset()"
    assert sandbox.journal.breaches == []
