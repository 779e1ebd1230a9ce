"""Where BATCH files go: S3, and storages that do not take them."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from tap_mews.errors import InvalidSettingsError
from tap_mews.tap import TapMews
from tests.harness import Json, run_limited, select
from tests.test_batch import ENTITY, STREAM, batches, manifests, run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

SECRET = "s3cr3t-of-the-storage"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that speaks S3, with the bucket `mews`.

    It comes with the dependency group `s3`.
    """
    moto, botocore = map(pytest.importorskip, ("moto.server", "botocore.session"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    server = moto.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    client = botocore.get_session().create_client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="a-secret",
    )
    client.create_bucket(Bucket="mews")
    yield url
    server.stop()


@pytest.mark.days(30)
@pytest.mark.filterwarnings("ignore")  # of libraries that only this test has
def test_files_go_to_s3(sandbox: Sandbox, bucket: str) -> None:
    access = {"key": "key", "secret": "a-secret", "endpoint_url": bucket}
    config = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": "s3://mews/nightly", "params": access},
        "batch_size": 100,
    }
    result = run(sandbox, config).ok()

    urls = manifests(result)
    assert len(urls) > 1
    assert all(url.startswith("s3://mews/nightly/tap-mews--") for url in urls)
    storage = pytest.importorskip("s3fs").S3FileSystem(**access)
    found = [
        line for url in urls for line in gzip.decompress(storage.cat(url)).splitlines()
    ]
    assert sorted(found) == sorted(sandbox.lines(ENTITY))
    assert "a-secret" not in result.log


def failing(
    sandbox: Sandbox, folder: Path, files: Json, most_bytes: int, words: str
) -> subprocess.CompletedProcess[str]:
    """Sync into files that cannot be written, which is printed as one line."""
    config = sandbox.config(batch_config=files, extraction="pages")
    for name, content in (("config", config), ("catalog", select(STREAM))):
        (folder / name).write_text(json.dumps(content), "utf-8")
    paths = ("--config", folder / "config", "--catalog", folder / "catalog")
    done = run_limited(most_bytes, *paths)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert len(told) == 1
    assert f"cannot be written: {words}" in told[0]
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_a_storage_that_is_full_is_told_in_one_line(
    sandbox: Sandbox, tmp_path: Path, compression: str
) -> None:
    files = batches(tmp_path, 100_000, compression)
    done = failing(sandbox, tmp_path, files, 3000, "File too large")
    assert '"BATCH"' not in done.stdout
    assert '"replication_key_value"' not in done.stdout


def test_a_storage_whose_package_is_missing_is_told_in_one_line(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    files = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": "oci://mews/nightly"},
    }
    failing(sandbox, tmp_path, files, 100_000, "Install ocifs")


WRONG: dict[str, list[object]] = {
    "batch_size": [0, -1, 1.5, "100", "", True, [], {}],
    "storage.root": ["", "  ", None, 5, "a\nb", "moon://x", "file\0:///x", []],
    "storage.prefix": [5, [], {}, "a\0b"],
    "storage.params": [None, 5, "key", []],
    "storage.moon": [5],
    "encoding.format": ["csv", "parquet", "", None, 5],
    "encoding.compression": ["zip", "", 5],
    "encoding.moon": [None],
    "moon": [{}],
}
"""By the place in `batch_config`, what cannot be there."""


def test_what_cannot_be_in_batch_config_is_named(tmp_path: Path) -> None:
    config: Json = {"client_token": "c" * 9, "access_token": "a" * 9}
    for place, values in WRONG.items():
        for value in values:
            files = batches(tmp_path)
            *parents, name = place.split(".")
            inner = files[parents[0]] if parents else files
            inner[name] = value
            with pytest.raises(InvalidSettingsError, match=f"batch_config.{place} "):
                TapMews(config={**config, "batch_config": files})


@pytest.mark.parametrize("kind", [ValueError, TypeError, KeyError, RuntimeError])
def test_whatever_a_storage_raises_is_told_in_one_line(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Exception],
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise kind(SECRET)

    monkeypatch.setattr("fsspec.implementations.local.LocalFileSystem.open", refuse)
    monkeypatch.setattr("fsspec.implementations.local.LocalFileSystem.__init__", refuse)
    result = run(sandbox, batches(tmp_path))
    assert f"cannot be written: {kind.__name__}; check" in str(result.error)
    assert SECRET not in str(result.error)
    assert not any("BATCH" in each["type"] for each in result.messages)
