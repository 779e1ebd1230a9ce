"""What can go wrong, named for how one recovers.

TapMewsError                      expected; one line for the user, exit code 1
├── InvalidOptionError            change the command line
├── InvalidSettingsError          change the settings
├── InvalidFileError              repair the file that was passed
├── InvalidStateError             repair or drop the state
├── InvalidRecordError            the data breaks its schema
├── SpoolError                    the disk is full or not writable
├── OutputError                   standard output cannot be written to
├── BatchError                    the storage of batch files cannot be written to
├── ReportError                   the report cannot be written; the data is out
├── PropertyFailureError          some properties could not be read; the rest is out
└── MewsError                     something about an operation of the API
    ├── UnauthorizedError         401: wrong token, or operation not enabled
    ├── WithdrawnError            401 to what Mews allowed the token before in this run
    ├── RefusedError              other 4xx: the request as such is not taken
    │   ├── ExportRunningError    400: an export of this type is running; wait for it
    │   └── TooLargeError         413: send fewer identifiers
    ├── TooHeavyError             408, or too many bytes: ask for less
    ├── UnavailableError          retried as long as that made sense
    │   └── OutageError           Mews answers nothing else either; run again later
    ├── UnexpectedAnswerError     an answer that the documentation does not have
    ├── ExportFailedError         Mews could not make the export
    ├── ExportTimeoutError        an export took too long; the next run resumes it
    └── DownloadError             a file could not be had whole
        └── LinkExpiredError      ask for a new URL

No message contains a token, a signed URL, a request body or a value of a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests import codes
from singer_sdk.exceptions import FatalSyncError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from typing_extensions import Self


class TapMewsError(FatalSyncError):
    """An expected failure; its text is what the user reads."""


class InvalidOptionError(TapMewsError):
    """An option of the command line is wrong."""


class InvalidSettingsError(TapMewsError):
    """A setting is missing or wrong."""

    @classmethod
    def of_all(cls, wrong: Iterable[str]) -> Self:
        """One error for all settings that are wrong.

        Args:
            wrong: The name of each, and what it must be.
        """
        return cls(f"Wrong settings: {'; '.join(wrong)}")


class InvalidFileError(TapMewsError):
    """A file that was passed cannot be read, or holds something else."""


class InvalidStateError(TapMewsError):
    """The state that was passed in cannot be read."""


class InvalidRecordError(TapMewsError):
    """A record breaks its schema and `on_invalid_record` is `fail`."""


class SpoolError(TapMewsError):
    """A file cannot be spooled to disk."""


class OutputError(TapMewsError):
    """Standard output takes no more messages."""


class BatchError(TapMewsError):
    """The storage of `batch_config` takes no more files."""


class ReportError(TapMewsError):
    """The report cannot be written."""


class PropertyFailureError(TapMewsError):
    """Some properties could not be read; all else has been delivered."""


class MewsError(TapMewsError):
    """An operation of the Mews API did not do what it was asked for.

    Attributes:
        is_forbidden: Whether the operation as such is refused, and not what was asked
            of it.
        stream: What it kept from being read, where that is one stream.
    """

    is_forbidden = False
    stream: str | None = None

    def __str__(self) -> str:
        """The words, with the stream."""
        return f"{self.stream}: {self.text}" if self.stream else self.text

    @property
    def text(self) -> str:
        """What happened, in words that do not name the stream."""
        return str(self.args[0])

    def reworded(self, text: str, stream: str | None = None) -> Self:
        """The same failure in other words.

        It is an object of its own, since several streams can meet one failure.

        Args:
            text: What happened.
            stream: Whose failure it is, if that was not known.
        """
        other = type(self).__new__(type(self), text)
        vars(other).update(vars(self))
        other.stream = self.stream or stream
        return other.with_traceback(self.__traceback__)


class UnauthorizedError(MewsError):
    """401: the tokens are wrong or the operation is not enabled for them."""

    is_forbidden = True


class WithdrawnError(MewsError):
    """401 to an operation that Mews allowed before in this run."""


class RefusedError(MewsError):
    """A request that Mews does not take; sending it again changes nothing.

    Attributes:
        status: HTTP status of the answer.
        reason: `Message` of the answer, the server's own words.
        intervals: What the longest interval can be by the words, longest first.
        shortest: Down to which length a shorter interval is worth a try; None where
            the refusal is about something else.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        reason: str = "",
        intervals: tuple[timedelta, ...] = (),
        shortest: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_forbidden = status == codes.forbidden
        self.reason = reason
        self.intervals = intervals
        self.shortest = shortest


class ExportRunningError(RefusedError):
    """An export of this entity type is Pending or Processing already."""


class TooLargeError(RefusedError):
    """413: the request is too large.

    A caller that sent several identifiers sends each half of them in a request of its
    own, halved again where that is refused too; with a single one it is an error.
    """


class TooHeavyError(MewsError):
    """The server gave up on the request (408), or its answer is too large to be held.

    A smaller request can work.
    """


class UnavailableError(MewsError):
    """The server did not answer properly, however often it was asked."""


class OutageError(UnavailableError):
    """Nor does Mews answer what it answered earlier in this run."""


class UnexpectedAnswerError(MewsError):
    """An answer that the documentation does not have."""


class ExportFailedError(MewsError):
    """Mews could not make an export, not even of small windows."""


class ExportTimeoutError(MewsError):
    """An export was not ready within `export_timeout_minutes`."""


class DownloadError(MewsError):
    """An exported file could not be downloaded whole."""


class LinkExpiredError(DownloadError):
    """The file host refuses the URL; a new one can be asked for."""
