"""Proxies and certificates of the environment, for the API and the file host alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests.adapters
from requests.exceptions import InvalidSchema

from tap_mews.errors import DownloadError, UnavailableError
from tests.network.servers import Authority, host, socks_proxy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9"
"""A port that is closed: only a proxy answers for it."""

FAILURES = (UnavailableError, DownloadError)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used(
    ask: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with host() as (port, seen):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        ask(NOWHERE)
    assert len(seen.lines) == 2
    assert all(f" {NOWHERE}/" in line for line in seen.lines)


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_tls_goes_through_the_proxy(
    ask: Callable[[str], None],
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle(tmp_path))
    with host(authority.context(tmp_path)) as (port, seen), host() as (proxy, by_proxy):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        ask(f"https://localhost:{port}")
    assert by_proxy.lines
    assert all(each.startswith(f"CONNECT localhost:{port} ") for each in by_proxy.lines)
    assert len(seen.lines) == 2


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("value", ["127.0.0.1", "example.com, 127.0.0.0/8", "*"])
def test_a_host_that_needs_no_proxy_is_asked_itself(
    ask: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with host() as (port, seen), host() as (proxy, by_proxy):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv(name, value)
        ask(f"http://127.0.0.1:{port}")
    assert by_proxy.lines == []
    assert len(seen.lines) == 2


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_used(
    ask: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with host() as (port, seen), socks_proxy() as (proxy, asked):
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{proxy}")
        ask(f"http://127.0.0.1:{port}")
    assert len(seen.lines) == 2
    assert {*asked} == {f"127.0.0.1:{port}"}


def test_a_socks_proxy_looks_names_up_if_it_is_told_to(
    ask: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with host() as (port, _), socks_proxy() as (proxy, asked):
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{proxy}")
        ask(f"http://localhost:{port}")
    assert {*asked} == {f"localhost:{port}"}


def test_without_pysocks_it_is_said_what_to_install(
    ask: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        words = "Missing dependencies for SOCKS support."
        raise InvalidSchema(words)

    monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", missing)
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:9")
    with pytest.raises(FAILURES, match="a SOCKS proxy requires the package PySocks"):
        ask(NOWHERE)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_of_the_environment_are_trusted(
    ask: Callable[[str], None],
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv(name, authority.bundle(tmp_path))
    with host(authority.context(tmp_path)) as (port, seen):
        ask(f"https://localhost:{port}")
    assert len(seen.lines) == 2


UNTRUSTED: dict[str, tuple[dict[str, Any], bool, str]] = {
    "of nobody known": ({}, False, "unable to get local issuer"),
    "expired": ({"days": -1}, True, "certificate has expired"),
    "of another host": ({"name": "elsewhere.example"}, True, "ostname mismatch"),
}


@pytest.mark.parametrize("kind", UNTRUSTED)
def test_a_certificate_that_is_not_trusted_is_named(
    ask: Callable[[str], None],
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    certificate, is_known, why = UNTRUSTED[kind]
    if is_known:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle(tmp_path))
    with (
        host(authority.context(tmp_path, **certificate)) as (port, seen),
        pytest.raises(FAILURES, match="certificate not trusted: ") as caught,
    ):
        ask(f"https://localhost:{port}")
    assert why in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert seen.lines == []


BUNDLES = {
    "nowhere": None,
    "empty": b"",
    "junk": b"junk",
    "broken": b"""\
-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----
""",
}


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("content", BUNDLES.values(), ids=BUNDLES)
def test_a_bundle_that_cannot_be_used_is_named(
    ask: Callable[[str], None],
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes | None,
) -> None:
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(name, str(path))
    with (
        host(authority.context(tmp_path)) as (port, _),
        pytest.raises(FAILURES, match="CA certificate file cannot be used"),
    ):
        ask(f"https://localhost:{port}")


PROXIES = {
    "nobody listens": ("http://127.0.0.1:9", "proxy 127.0.0.1:9 refused: "),
    "nobody listens, SOCKS": ("socks5h://127.0.0.1:9", "proxy 127.0.0.1:9 refused: "),
    "no such name": (
        "http://proxy.invalid:3128",
        "proxy proxy.invalid:3128 refused: name not found",
    ),
    "no address": ("http://", "the address or the proxy address is invalid"),
    "half a bracket": (
        "http://[::1:3128",
        "the address or the proxy address is invalid",
    ),
    "a password with a bracket": (
        "http://guest:p[ss@proxy:3128",
        "the address or the proxy address is invalid",
    ),
    "no number": ("http://x:abc", "the address or the proxy address is invalid"),
    "no scheme": ("ftp://x:1", "the address or the proxy address is invalid"),
}


@pytest.mark.parametrize(("proxy", "words"), PROXIES.values(), ids=PROXIES)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_cannot_be_used_is_named(
    ask: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    proxy: str,
    words: str,
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(FAILURES) as caught:
        ask(f"{scheme}://localhost:9")
    assert words in str(caught.value)


@pytest.mark.parametrize("status", [403, 407, 502, 503])
def test_a_proxy_that_refuses_is_named_with_its_status(
    ask: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with host(status=status) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        words = f"proxy 127.0.0.1:{port} refused: HTTP {status}"
        with pytest.raises(FAILURES, match=words):
            ask("https://api.mews.example")


def test_what_goes_wrong_behind_a_proxy_names_it(
    ask: Callable[[str], None],
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with host(authority.context(tmp_path)) as (port, _), host() as (proxy, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy}")
        words = rf"certificate not trusted: .*, through proxy 127\.0\.0\.1:{proxy}"
        with pytest.raises(FAILURES, match=words):
            ask(f"https://localhost:{port}")


def test_a_name_that_is_not_found_is_named(ask: Callable[[str], None]) -> None:
    with pytest.raises(FAILURES, match=r"name not found: api\.mwes\.invalid"):
        ask("https://api.mwes.invalid")
