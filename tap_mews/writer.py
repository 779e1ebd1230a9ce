"""Writes Singer messages to standard output, most of them as bytes that came."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from singer_sdk.singerlib.encoding import SimpleSingerWriter

if TYPE_CHECKING:
    from singer_sdk.singerlib.messages import Message

PIPE_BYTES = 1 << 16
"""What a pipe takes at once on Linux; larger writes bring nothing."""


class MessageWriter(SimpleSingerWriter):
    """The SDK's writer, with a way for records that are bytes already.

    Nothing is kept back: when a call returns, the target can read all of it. So a STATE
    never overtakes the records that it covers.
    """

    def write_message(self, message: Message) -> None:
        """Write one message."""
        self._write(self.format_message(message).encode() + b"\n")

    def write_records(
        self,
        stream: str,
        rows: list[bytes],
        *,
        version: int | None,
        time_extracted: str,
    ) -> None:
        """Write RECORD messages.

        Args:
            stream: Name of the stream.
            rows: JSON of one record each, on one line.
            version: For ACTIVATE_VERSION, if the stream uses it.
            time_extracted: When the rows were read, ISO 8601.
        """
        if not rows:
            return
        head = f'{{"type":"RECORD","stream":{json.dumps(stream)},"record":'
        tail = f',"version":{version}' if version is not None else ""
        tail += f',"time_extracted":"{time_extracted}"}}\n'
        between = (tail + head).encode()
        self._write(head.encode() + between.join(rows) + tail.encode())

    @staticmethod
    def _write(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
