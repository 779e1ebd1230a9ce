"""The command line: expected failures end with one line and exit code 1."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import warnings
import zlib
from contextlib import contextmanager, suppress
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

import click
import msgspec
import urllib3
from jsonschema import SchemaError, ValidationError
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError
from singer_sdk.metrics import get_metrics_logger
from singer_sdk.plugin_base import SingerCommand

from tap_mews.errors import (
    InvalidOptionError,
    InvalidSettingsError,
    OutputError,
    TapMewsError,
)
from tap_mews.settings.environment import LOG_CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPECTED = (
    EOFError,
    JSONDecodeError,
    MemoryError,
    OSError,
    SchemaError,
    SingerSDKError,
    UnicodeError,
    ValidationError,
    msgspec.MsgspecError,
    urllib3.exceptions.HTTPError,
    zlib.error,
)
"""What libraries raise when a machine, a network or an input is not as it should be.

The tap tells what it knows of them where they arise. Any that gets to the end of the
command all the same is one line, too; only faults of the tap itself are a traceback.
"""


M_ARENA_MAX, ARENAS = -8, 2
"""The option of glibc's `mallopt`, and how many heaps its threads may have. By default
each of the threads that read has one that keeps what it once held: with pages of a
megabyte that are 40 MB. The threads share an interpreter, so they lose no time."""


class MewsCommand(SingerCommand):
    """The SDK's command, quiet about what the user can mend."""

    @classmethod
    def like(cls, command: click.Command, logger: logging.Logger) -> MewsCommand:
        """Take over a command.

        Args:
            command: What the SDK has built.
            logger: Takes the lines.
        """
        return cls(
            name=command.name,
            callback=command.callback,
            params=command.params,
            help=command.help,
            context_settings=command.context_settings,
            logger=logger,
        )

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:  # noqa: ANN401
        """Read the options; `--test` acts as soon as it is read."""
        with _without_usage():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the sync; click itself ends a process whose pipe is closed, quietly."""
        logging.captureWarnings(capture=True)
        warnings.filterwarnings("once", category=DeprecationWarning)
        sys.excepthook = self.excepthook
        try:
            with _without_usage():
                # not as the SDK's command, which tells of some errors in several lines
                return click.Command.invoke(self, ctx)
        except BrokenPipeError:
            self.logger.warning(
                "The target closed its input; the next run resumes from the last "
                "state that the target stored",
            )
            raise

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Run the command; the process ends with it."""
        _share_heaps()
        metrics = get_metrics_logger()
        if LOG_CONFIG not in os.environ:
            metrics.addFilter(_is_asked_for)
        try:
            with _log_failures_reported_once():
                _check_output()
                return super().main(*args, **kwargs)
        except EXPECTED as error:
            self._fail(error)
        finally:
            metrics.removeFilter(_is_asked_for)

    def _fail(self, error: BaseException) -> None:
        """End with one line; the traceback is logged at debug level only."""
        self.logger.error("%s", " ".join(line_of(error).split()))
        self.logger.debug("Traceback:", exc_info=error)
        sys.exit(1)


def _check_output() -> None:
    """Refuse to write a catalog or messages to nowhere, which would succeed.

    Raises:
        OutputError: Standard output was closed before the process began.
    """
    if sys.stdout is None:
        msg = "There is no standard output to write to"
        raise OutputError(msg)


@contextmanager
def _log_failures_reported_once() -> Iterator[None]:
    """Report once a log that cannot be written, as on a full disk.

    `logging` would print a traceback for each line. The run does not need its log.
    """
    handle, reported = logging.Handler.handleError, set[type]()

    def report(handler: logging.Handler, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            handle(handler, record)
        elif type(handler) not in reported and sys.stderr is not None:
            reported.add(type(handler))
            with suppress(OSError):
                sys.stderr.write(f"The log cannot be written: {error.strerror}\n")

    logging.Handler.handleError = report  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        logging.Handler.handleError = handle  # type: ignore[method-assign]


def _share_heaps() -> None:
    """Let threads share their heaps, unless the environment says how many there are."""
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        # other C libraries than glibc have no such function, and no such heaps
        with suppress(AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def _is_asked_for(record: logging.LogRecord) -> bool:
    """Whether a metric goes between the lines for people: at debug level alone."""
    del record
    return get_metrics_logger().isEnabledFor(logging.DEBUG)


def line_of(error: BaseException) -> str:
    """What to say of an expected failure.

    The words of a library can hold a value of the user's, so only its own errors are
    quoted, and those of the system, which are about files and connections.
    """
    if isinstance(error, TapMewsError):
        return str(error)
    if isinstance(error, ConfigValidationError) and error.errors:
        return str(InvalidSettingsError.of_all(error.errors))
    what = type(error).__name__
    library = type(error).__module__.partition(".")[0]
    if isinstance(error, OSError) and library in sys.stdlib_module_names:
        about = [str(part) for part in (error.filename, error.strerror) if part]
        return f"The run cannot continue: {': '.join(about) or what}"
    return f"The run cannot continue: {what}; TAP_MEWS_LOGLEVEL=DEBUG shows where"


@contextmanager
def _without_usage() -> Iterator[None]:
    """Take from click what it would print in lines of its own."""
    try:
        yield
    except click.ClickException as error:
        raise InvalidOptionError(error.format_message()) from error
    except EOFError as error:
        # to click it is a closed terminal; here it is a file that ends too early
        raise InvalidOptionError(line_of(error)) from error
