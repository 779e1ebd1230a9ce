"""What can go wrong, named for how one recovers.

TapMewsError                      expected; one line for the user, exit code 1
├── InvalidOptionError            change the command line
├── InvalidSettingsError          change the settings
├── InvalidFileError              repair the file that was passed
├── InvalidStateError             repair or drop the state
├── InvalidRecordError            the data breaks its schema
├── SpoolError                    the disk is full or not writable
├── OutputError                   standard output cannot be written to
├── ReportError                   the report cannot be written; the data is out
└── MewsError                     something about an operation of the API
    ├── UnauthorizedError         401: wrong token, or operation not enabled
    ├── RefusedError              other 4xx: the request as such is not taken
    │   └── ExportRunningError    400: an export of this type is running; wait for it
    ├── TooHeavyError             408: ask for less
    ├── UnavailableError          retried as long as that made sense
    ├── UnexpectedAnswerError     an answer that the documentation does not have
    ├── ExportFailedError         Mews could not make the export
    ├── ExportTimeoutError        an export took too long; the next run goes on
    └── DownloadError             a file could not be had whole
        └── LinkExpiredError      ask for a new URL

No message contains a token, a signed URL, a request body or a value of a record.
"""

from __future__ import annotations

from requests import codes
from singer_sdk.exceptions import FatalSyncError


class TapMewsError(FatalSyncError):
    """An expected failure; its text is what the user reads."""


class InvalidOptionError(TapMewsError):
    """An option of the command line is wrong."""


class InvalidSettingsError(TapMewsError):
    """A setting is missing or wrong."""


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


class MewsError(TapMewsError):
    """An operation of the Mews API did not do what it was asked for."""


class UnauthorizedError(MewsError):
    """401: the tokens are wrong or the operation is not enabled for them."""


class RefusedError(MewsError):
    """A request that Mews does not take; sending it again changes nothing."""

    def __init__(self, message: str, *, status: int, reason: str = "") -> None:
        """Keep what a caller may recover by.

        Args:
            message: The line for the user.
            status: HTTP status of the answer.
            reason: `Message` of the answer, the server's own words.
        """
        super().__init__(message)
        self.status = status
        self.reason = reason

    @property
    def is_forbidden(self) -> bool:
        """Whether the operation as such is refused, and not what was asked of it."""
        return bool(self.status == codes.forbidden)

    @property
    def is_about_the_interval(self) -> bool:
        """Whether a request for a shorter time span can be taken."""
        return self.status == codes.bad_request and "interval" in self.reason.lower()


class ExportRunningError(RefusedError):
    """An export of this entity type is Pending or Processing already."""


class TooHeavyError(MewsError):
    """408: the server gave up on the request; a smaller one can work."""


class UnavailableError(MewsError):
    """The server did not answer properly, however often it was asked."""


class UnexpectedAnswerError(MewsError):
    """An answer that the documentation does not have."""


class ExportFailedError(MewsError):
    """Mews could not make an export, not even in small pieces."""


class ExportTimeoutError(MewsError):
    """An export was not ready within `export_timeout_minutes`."""


class DownloadError(MewsError):
    """An exported file could not be downloaded whole."""


class LinkExpiredError(DownloadError):
    """The file host refuses the URL; a new one can be asked for."""
