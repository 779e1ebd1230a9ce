"""From the bytes of a row to a record that its schema accepts.

Most rows pass the fast path and stay bytes. Rows with undocumented properties are taken
apart and joined again without them. The rest is examined with care: what then still
breaks the schema is an invalid record.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.json import serialize_json

from tap_mews.errors import InvalidRecordError
from tap_mews.records.any_drift_path import AnyDriftPath
from tap_mews.records.drift import LearnedDrift, RowDrift
from tap_mews.records.fast_path import REFUSALS, compile_fast_path
from tap_mews.records.known_drift_path import KnownDriftPath
from tap_mews.records.regex_path import RegexPath, can_cut
from tap_mews.records.slow_path import BOM, SlowPath, parse
from tap_mews.records.undocumented import UndocumentedProperties, without_kept
from tap_mews.settings.map_check import KEPT
from tap_mews.wording import printable

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping, Sequence

    from tap_mews.records.drift import Attempt
    from tap_mews.records.rows import Rows

MAX_WARNINGS_PER_VIOLATION = 10
"""Records that are named for one kind of violation; the rest are counted."""

HINT = "deselect the property, or set on_invalid_record to `warn` to pass records on"


class RecordValidator:
    """Checks the rows of one stream against its schema.

    Attributes:
        undocumented: The properties that the schema does not know.
        passed_on: Invalid records that were passed on.
    """

    def __init__(
        self,
        stream: str,
        schema: Mapping[str, Any],
        *,
        pass_invalid: bool,
        logger: logging.Logger,
        keep_undocumented: bool = False,
    ) -> None:
        """Compile the schema.

        Args:
            stream: Its name, for messages.
            schema: JSON Schema that the records must fit.
            pass_invalid: Whether an invalid record is only warned of.
            logger: Takes the warnings.
            keep_undocumented: Whether to keep undocumented properties in one of their
                own, which the schema has then.
        """
        self._stream = stream
        self._schema = without_kept(schema)
        self._pass_invalid = pass_invalid
        self._logger = logger
        self._kept = KEPT if keep_undocumented else None
        self.undocumented = UndocumentedProperties()
        self.passed_on = 0
        self._violations: Counter[str] = Counter()
        self._fast_path = compile_fast_path(self._schema)
        self._learned_paths: list[RegexPath | KnownDriftPath] = []
        self._slow_path = SlowPath(self._schema)
        self._learned = LearnedDrift()
        self._is_stale = False
        self._look_every = 1

    def lines(self, rows: Rows) -> list[bytes]:
        """Check rows and keep them as they came, where they can go out like that.

        Returns:
            JSON of the records, without line breaks.

        Raises:
            InvalidRecordError: A row is none and invalid records are not passed on; or
                it is no JSON object, so there is no record to pass on.
        """
        return [
            row if isinstance(row, bytes) else serialize_json(row).encode()
            for row in self._checked(rows)
        ]

    def records(self, rows: Rows) -> Iterator[dict[str, Any]]:
        """Check rows and parse them, with all digits of their numbers.

        Raises:
            InvalidRecordError: As `lines`.
        """
        for number, row in enumerate(self._checked(rows)):
            record = parse(row.decode())[0] if isinstance(row, bytes) else row
            if not isinstance(record, dict):
                # the fast path has no limits for numbers and for nesting in a row
                index = _places_of_rows(rows)[number]
                record = self._examine(rows.lines[index], rows, index)
            if self._kept is not None:
                # an expression of a stream map fails where it names what is not there
                record.setdefault(self._kept, None)
            yield record

    def summarize(self) -> None:
        """Say at the end what was undocumented, and which records were invalid."""
        line = self.undocumented.summary(kept=self._kept is not None)
        if line is not None:
            self._logger.info("%s: %s", self._stream, line)
        for violation, count in self._violations.items():
            if count > MAX_WARNINGS_PER_VIOLATION:
                self._logger.warning(
                    "%s: %d invalid records were passed on: %s",
                    self._stream,
                    count,
                    violation,
                )

    def _checked(self, rows: Rows) -> list[bytes | dict[str, Any]]:
        """The bytes of a row, as it came if it can go out like that, else a record.

        This is the inner loop of the tap: what it does for a row that passes, it does
        millions of times.
        """
        if self._is_stale:
            # between two chunks of rows, since compiling takes as long as many rows
            self._compile()
        lines = rows.lines
        if rows.may_break:
            lines = [line.strip() for line in lines]
        look_at = count = 0
        checked: list[bytes | dict[str, Any]] = []
        attempts = zip(lines, self._attempts(lines), strict=True)
        for index, (row, attempt) in enumerate(attempts):
            # a line break between two tokens is JSON, but would end the message
            if attempt is None or (rows.may_break and _has_break(attempt[0])):
                if not _is_blank(row):
                    checked.append(
                        self._pass_slowly(row) or self._examine(row, rows, index)
                    )
                continue
            result, has_undocumented = attempt
            checked.append(result)
            if has_undocumented:
                count += 1
                if index >= look_at:
                    look_at = index + self._look_closer(row)
        self.undocumented.rows += count
        return checked

    def _attempts(self, rows: Sequence[bytes]) -> Iterator[Attempt]:
        if self._learned_paths:
            yield from self._learned_paths[0].attempts(rows)
            return
        decode = self._fast_path
        for row in rows:
            try:
                decode(row)
            except REFUSALS:
                yield None
            else:
                yield row, False

    @cached_property
    def _any_drift_path(self) -> AnyDriftPath:
        """Made for the first row that differs."""
        return AnyDriftPath(self._schema, self._kept)

    def _look_closer(self, row: bytes) -> int:
        """Look where in a row the names stand that were cut out of it, and learn that.

        Names are cut wherever they stand, whatever the types of their values are. The
        first row of each chunk is looked at, and more of them early in the stream.

        Returns:
            How many rows of the chunk are then passed on without a look.
        """
        with suppress(*REFUSALS):
            _, drift = self._any_drift_path.pass_on(row)
            self.undocumented.add(drift.unknown)
            self._is_stale |= self._learned.learn(drift)
        self._look_every *= 2
        return self._look_every

    def _compile(self) -> None:
        """Compile the paths of rows that differ in ways that were learned."""
        self._is_stale = False
        schema, learned, kept = self._schema, self._learned, self._kept
        self._learned_paths = [KnownDriftPath(schema, learned, kept)]
        if can_cut(schema, learned):
            self._learned_paths.insert(0, RegexPath(schema, learned, kept))

    def _pass_slowly(self, row: bytes) -> bytes | None:
        """Check a row that the first path refuses, and learn how it differs.

        Returns:
            The row as it goes out, or None if it needs a careful look.
        """
        for path in self._learned_paths[1:]:
            (attempt,) = path.attempts([row])
            if attempt is not None and not _has_break(attempt[0]):
                result, has_undocumented = attempt
                self.undocumented.rows += has_undocumented
                return result
        try:
            result, drift = self._any_drift_path.pass_on(row)
        except REFUSALS:
            return None
        if _has_break(result):
            return None
        self._count(drift)
        self._is_stale |= self._learned.learn(drift)
        return result

    def _examine(self, row: bytes, rows: Rows, index: int) -> dict[str, Any]:
        """Examine a row with care.

        Raises:
            InvalidRecordError: As `lines`.
        """
        examined, place = self._slow_path.examine(row), rows.where(index)
        record = examined.record
        if record is None:
            raise InvalidRecordError(
                self._described(place, None, *examined.violations[0])
            )
        for path, reason in examined.violations:
            text = self._described(place, record.get("Id"), path, reason)
            if not self._pass_invalid:
                msg = f"{text}; {HINT}"
                raise InvalidRecordError(msg)
            self._warn_of_invalid(f"{path} {reason}", text)
        self.passed_on += bool(examined.violations)
        self._count(examined.drift)
        if examined.drift.values and self._kept is not None:
            record[self._kept] = examined.drift.values
        return record

    def _count(self, drift: RowDrift) -> None:
        if drift.values:
            self.undocumented.rows += 1
            self.undocumented.add(drift.unknown)

    def _described(self, place: str, key: object, path: str, reason: str) -> str:
        who = f", Id {printable(key)}" if isinstance(key, str) else ""
        what = f"{printable(path)} {reason}"
        return f"{self._stream}: invalid record ({place}{who}): {what}"

    def _warn_of_invalid(self, violation: str, text: str) -> None:
        self._violations[violation] += 1
        if self._violations[violation] <= MAX_WARNINGS_PER_VIOLATION:
            self._logger.warning("%s; passed on", text)


def _has_break(row: bytes) -> bool:
    return b"\n" in row or b"\r" in row


def _is_blank(line: bytes) -> bool:
    return not line.removeprefix(BOM).strip()


def _places_of_rows(rows: Rows) -> list[int]:
    """The indices of the lines that are rows."""
    return [index for index, line in enumerate(rows.lines) if not _is_blank(line)]
