"""The two ways out of the machine."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from tap_mews.exports.downloads import Downloader
from tap_mews.exports.spool import Spool
from tap_mews.metrics.usage import UsageRecord
from tap_mews.run import Run
from tap_mews.settings import CONFIG, Settings
from tests.harness import FastClock
from tests.network.servers import BODY

if TYPE_CHECKING:
    from tap_mews.api.client import MewsClient

OPERATION = "enterprises/getAll"


def client_at(url: str, clock: FastClock) -> MewsClient:
    """A client of the API at an address."""
    config = {"client_token": "c" * 9, "access_token": "a" * 9, "api_url": url}
    settings = Settings.load(config, CONFIG)
    run = Run(settings, clock, lambda: None, lambda: None)
    return run.client_of(run.transport.accesses[0])


def call(client: MewsClient) -> None:
    """Make one call, whose answer may be any JSON."""
    client.call(OPERATION, {}, msgspec.json.Decoder())


def fetch(
    downloader: Downloader, url: str, size: int | None = len(BODY)
) -> list[bytes]:
    """Ask for a file, of one byte if nothing else is said; gives what is in it."""
    with closing(Spool(None).new_file(size or 0)) as file:
        downloader.fetch(url, size, file, "file 1 of 1", UsageRecord())
        return list(file.blocks(1 << 20))


def ask_api(url: str) -> None:
    """Call the API at an address, twice."""
    client = client_at(url, FastClock())
    for _ in range(2):
        call(client)


def ask_file_host(url: str) -> None:
    """Ask for a signed file at an address, twice."""
    downloader = Downloader(FastClock(), allow_http=True)
    for _ in range(2):
        fetch(downloader, f"{url}/f?sig=s3cr3t")
