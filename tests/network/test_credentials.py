"""Nothing of the user's goes to a host, or a proxy, that it is not meant for."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from sandbox.server import Handler
from tap_mews.errors import DownloadError
from tests.export_harness import truth
from tests.harness import FastClock, records_by_id, select, sync
from tests.network.seams import ask_api, ask_file_host
from tests.network.servers import Authority, Seen, host

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Sandbox

USUAL = {"host", "user-agent", "accept", "accept-encoding", "connection"}
OF_CALLS = {*USUAL, "content-type", "content-length", "prefer"}
SECRET = "s3cr3t-of-the-user"
IN_HEADERS = b64encode(f"me:{SECRET}".encode()).decode()

FILES = {
    "machine": f"machine 127.0.0.1 login me password {SECRET}\n",
    "default": f"default login me password {SECRET}\n",
}
each_file = pytest.mark.parametrize("text", FILES.values(), ids=FILES)
each_place = pytest.mark.parametrize("place", ["NETRC", ".netrc", "_netrc"])


@pytest.fixture
def netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Puts passwords where requests looks for them by itself."""

    def put(place: str, text: str) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        path = tmp_path / place
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        if place == "NETRC":
            monkeypatch.setenv("NETRC", str(path))

    return put


def assert_usual(seen: Seen) -> None:
    """Each request had the headers that it needs, and no other one."""
    assert len(seen.headers) == 2
    for headers in seen.headers:
        assert headers.keys() == (OF_CALLS if "prefer" in headers else USUAL)
        assert headers["user-agent"].startswith("tap-mews/")


@each_file
@each_place
def test_passwords_of_netrc_go_nowhere(
    ask: Callable[[str], None],
    netrc: Callable[[str, str], None],
    place: str,
    text: str,
) -> None:
    netrc(place, text)
    with host() as (port, seen):
        ask(f"http://127.0.0.1:{port}")
    assert_usual(seen)


@each_file
def test_passwords_of_netrc_do_not_follow_a_redirect(
    netrc: Callable[[str, str], None], text: str
) -> None:
    netrc(".netrc", text)
    with host() as (port, there):
        elsewhere = {"Location": f"http://127.0.0.1:{port}/g"}
        with host(status=302, answer=elsewhere) as (first, here):
            ask_file_host(f"http://127.0.0.1:{first}")
    for seen in (here, there):
        assert_usual(seen)


def test_a_run_under_a_netrc_reads_all_and_sends_no_password(
    sandbox: Sandbox,
    netrc: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc(".netrc", "".join(FILES.values()))
    headers: list[dict[str, str]] = []
    head = Handler._head

    def capture_errors(handler: Handler) -> dict[str, str]:
        headers.append(head(handler))
        return headers[-1]

    monkeypatch.setattr(Handler, "_head", capture_errors)
    result = sync(sandbox.config(), catalog=select("bills")).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")
    assert sandbox.journal.downloads
    assert len(headers) > 3
    assert not any({"Authorization", "Cookie"} & each.keys() for each in headers)


def test_cookies_are_not_kept(ask: Callable[[str], None]) -> None:
    cookie = {"Set-Cookie": f"session={SECRET}; Path=/"}
    with host(answer=cookie) as (port, seen):
        ask(f"http://127.0.0.1:{port}")
    assert_usual(seen)


@pytest.mark.parametrize("where", ["link", "redirect"])
def test_a_link_with_a_user_in_it_is_not_used(where: str) -> None:
    with host() as (port, seen):
        link = f"http://me:{SECRET}@127.0.0.1:{port}"
        answer = {"Location": f"{link}/f"}
        with (
            host(status=302, answer=answer) as (first, _),
            pytest.raises(DownloadError, match="contains a user name") as caught,
        ):
            ask_file_host(link if where == "link" else f"http://127.0.0.1:{first}")
    assert seen.lines == []
    assert SECRET not in str(caught.value)


def test_the_password_of_a_proxy_goes_to_the_proxy_alone(
    ask: Callable[[str], None],
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle(tmp_path))
    with host(authority.context(tmp_path)) as (port, seen), host() as (proxy, by_proxy):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{SECRET}@127.0.0.1:{proxy}")
        ask(f"https://localhost:{port}")
    assert_usual(seen)
    assert {line.split()[0] for line in by_proxy.lines} == {"CONNECT"}
    for headers in by_proxy.headers:
        assert headers["proxy-authorization"] == f"Basic {IN_HEADERS}"


def test_a_redirect_takes_no_password_of_a_proxy_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with host() as (port, there):
        answer = {"Location": f"http://127.0.0.1:{port}/g"}
        with host(status=302, answer=answer) as (proxy, by_proxy):
            monkeypatch.setenv("HTTP_PROXY", f"http://me:{SECRET}@127.0.0.1:{proxy}")
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            ask_file_host("http://files.example")
    assert all("proxy-authorization" in each for each in by_proxy.headers)
    assert_usual(there)


@pytest.mark.parametrize("scheme", ["http", "https", "socks5h"])
def test_the_password_of_a_proxy_is_not_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"{scheme}://me:{SECRET}@127.0.0.1:9")
    result = sync(sandbox.config(), catalog=select("bills"), clock=FastClock(sandbox))
    assert "proxy 127.0.0.1:9 refused" in str(result.error)
    assert SECRET not in f"{result.error} {result.log}"


def test_the_api_is_sent_nothing_by_the_file_host(sandbox: Sandbox) -> None:
    """And the other way round: each has a session of its own."""
    with host(answer={"Set-Cookie": f"a={SECRET}"}) as (port, seen):
        ask_file_host(f"http://127.0.0.1:{port}")
        ask_api(f"http://127.0.0.1:{port}")
    assert not any("cookie" in each for each in seen.headers)
    assert sandbox.journal.requests() == []
