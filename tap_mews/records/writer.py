"""Writes Singer messages to standard output, most of them as bytes that came."""

from __future__ import annotations

import json
import os
import select
import sys
import time
from contextlib import suppress
from dataclasses import fields
from io import UnsupportedOperation
from typing import TYPE_CHECKING

from singer_sdk.singerlib.encoding import SimpleSingerWriter
from singer_sdk.singerlib.json import serialize_json
from singer_sdk.singerlib.messages import SchemaMessage, StateMessage, exclude_null_dict

from tap_mews.errors import OutputError

if TYPE_CHECKING:
    from singer_sdk.singerlib.messages import Message

WRITE_BYTES = 1 << 16
"""Written at once."""

USUAL_BYTES, WIDE_BYTES = 1 << 16, 1 << 20
"""What a pipe holds on Linux, and the most that it can be made to hold: so tap and
target need not take turns at every 64 KB."""

SLOW_BYTES, SLOW_SECONDS = 1 << 12, 0.1
"""A target that takes longer gets less at once, so that a stop need not wait for it."""


class MessageWriter(SimpleSingerWriter):
    """The SDK's writer, with a method for records that are bytes already.

    Nothing is kept back: when a call returns, the target can read all of it. So a STATE
    never overtakes the records that it covers. A stop waits for the end of a line, so
    the target never reads half a message.

    Attributes:
        is_silent: Whether nothing is to be written, as by a test.
        ends_in_state: Whether the message written last is a STATE.
    """

    def __init__(self) -> None:
        """Write nothing yet."""
        super().__init__()
        _widen_pipe()
        self.is_silent = False
        self.ends_in_state = False
        self._is_writing = False
        self._exit_code: int | None = None

    def serialize_message(self, message: Message) -> str:
        """As the SDK does, but without a deep copy: a state can be long."""
        if isinstance(message, (SchemaMessage, StateMessage)):
            found = [
                (each.name, getattr(message, each.name)) for each in fields(message)
            ]
            shown = exclude_null_dict(found)
            if isinstance(message, SchemaMessage):
                # of a stream without a key; some targets need an empty list
                shown.setdefault("key_properties", [])
            return serialize_json(shown)
        return super().serialize_message(message)

    def write_message(self, message: Message) -> None:
        """Write one message."""
        self._write(self.format_message(message).encode() + b"\n")
        self.ends_in_state = isinstance(message, StateMessage)

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
            rows: JSON of one record each, on one line; the list is used up.
            version: For ACTIVATE_VERSION, if the stream uses it.
            time_extracted: When the rows were read, ISO 8601.
        """
        if not rows:
            return
        head = f'{{"type":"RECORD","stream":{json.dumps(stream)},"record":'
        tail = f',"version":{version}' if version is not None else ""
        tail += f',"time_extracted":"{time_extracted}"}}\n'
        rows[0] = head.encode() + rows[0]
        rows[-1] += tail.encode()
        self._write((tail + head).encode().join(rows))
        self.ends_in_state = False

    def stop(self, exit_code: int) -> None:
        """End the process, at the end of the line if one is being written.

        For signal handlers. A second call does not wait any more.

        Args:
            exit_code: Of the process.

        Raises:
            SystemExit: Always, now or by the call that is writing.
        """
        was_stopped, self._exit_code = self._exit_code is not None, exit_code
        if was_stopped or not self._is_writing:
            sys.exit(exit_code)

    def _write(self, data: bytes) -> None:
        if self.is_silent:
            return
        self._end_if_stopped()
        try:
            descriptor = sys.stdout.fileno()
        except UnsupportedOperation:  # a buffer in the place of a pipe, as in tests
            sys.stdout.buffer.write(data)
            return
        self._is_writing = True
        try:
            self._write_to(descriptor, memoryview(data))
        except BrokenPipeError:
            raise
        except OSError as error:
            msg = (
                f"Standard output cannot be written to: {error.strerror}; its last "
                "line may be incomplete, the next run resumes from the last whole state"
            )
            raise OutputError(msg) from None
        finally:
            self._is_writing = False
        self._end_if_stopped()

    def _end_if_stopped(self) -> None:
        """End the process if it was to end before now.

        A signal can arrive while code runs that loses exceptions, such as a destructor.
        What is written while the process ends, such as the last state, goes out.
        """
        if self._exit_code is not None and not _is_ending():
            sys.exit(self._exit_code)

    def _write_to(self, descriptor: int, data: memoryview) -> None:
        written, most = 0, WRITE_BYTES
        while written < len(data):
            began = time.monotonic()
            try:
                written += os.write(descriptor, data[written : written + most])
            except BlockingIOError:  # a pipe that its maker has set not to block
                select.select([], [descriptor], [])
            is_slow = time.monotonic() - began > SLOW_SECONDS
            most = SLOW_BYTES if is_slow else WRITE_BYTES
            if self._exit_code is not None:
                rest = bytes(data[written - 1 :])
                data = data[: written + rest.index(b"\n")]


def _is_ending() -> bool:
    """Whether code runs that cleans up after `SystemExit`."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, SystemExit):
        error = error.__context__
    return error is not None


def _widen_pipe() -> None:
    """Let standard output hold more, if it is a pipe as the system makes them."""
    # not on every system, not for a file, not where a user's pipes hold much already
    with suppress(ImportError, OSError):
        from fcntl import F_GETPIPE_SZ, F_SETPIPE_SZ, fcntl  # noqa: PLC0415

        if sys.stdout is not None and fcntl(sys.stdout, F_GETPIPE_SZ) == USUAL_BYTES:
            fcntl(sys.stdout, F_SETPIPE_SZ, WIDE_BYTES)
