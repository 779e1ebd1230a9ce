"""The file host: signed links, ranges, compression."""

from __future__ import annotations

import gzip
import mmap
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from sandbox.answers import Reply
from sandbox.faults import FILES, Call
from sandbox.journal import Download

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.exports import ExportFile
    from sandbox.platform import Platform

_DENIED = b"<?xml version='1.0'?><Error><Code>AuthenticationFailed</Code></Error>"
_GONE = b"<?xml version='1.0'?><Error><Code>BlobNotFound</Code></Error>"
_XML = {"Content-Type": "application/xml"}


def download(
    platform: Platform, target: str, headers: Mapping[str, str]
) -> tuple[Reply, Download]:
    """Answer a request for a file, and note it in the journal."""
    url = urlsplit(target)
    name = url.path.rpartition("/")[2]
    entry = Download(name, platform.clock.now(), range=headers.get("Range"))
    platform.journal.add(entry)
    if platform.leaked(target, str(headers)):
        entry.breach = "A token was sent to the file host."
    signature = parse_qs(url.query).get("sig", [""])[0]
    carry_out = partial(_serve, platform, entry, headers, signature)
    fault = platform.faults.due(FILES)
    if fault is None:
        reply = carry_out()
    else:
        entry.fault = repr(fault)
        reply = fault(Call(carry_out, platform.clock, platform.stopped, ""))
    entry.status = reply.status
    return reply, entry


def _serve(
    platform: Platform, entry: Download, headers: Mapping[str, str], signature: str
) -> Reply:
    link = platform.exports.open(entry.file, signature)
    if link is None:
        return Reply(403, _DENIED, dict(_XML))
    entry.job = link.job.id
    if platform.exports.status(link.job) == "Expired":
        return Reply(404, _GONE, dict(_XML))
    content = _content(link.file)
    kind = {"Content-Type": "application/octet-stream"}
    if platform.exports.gzip and "gzip" in headers.get("Accept-Encoding", ""):
        return Reply(
            200, gzip.compress(content, 1), {**kind, "Content-Encoding": "gzip"}
        )
    if not platform.exports.ranges:
        return Reply(200, content, kind)
    return _ranged(link.file.name, content, headers, kind)


def _ranged(
    name: str,
    content: bytes | memoryview,
    headers: Mapping[str, str],
    kind: dict[str, str],
) -> Reply:
    etag = f'"{name}-{len(content)}"'
    kind |= {"Accept-Ranges": "bytes", "ETag": etag}
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("Range", ""))
    if not wanted or headers.get("If-Range", etag) != etag:
        return Reply(200, content, kind)
    first, last = int(wanted[1]), int(wanted[2] or len(content) - 1)
    if first >= len(content) or last < first:
        return Reply(416, b"", {"Content-Range": f"bytes */{len(content)}"})
    last = min(last, len(content) - 1)
    kind["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Reply(206, memoryview(content)[first : last + 1], kind)


def _content(file: ExportFile) -> bytes | memoryview:
    if not isinstance(file.content, Path):
        return file.content
    if not file.size:
        return b""
    with file.content.open("rb") as opened:
        return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
