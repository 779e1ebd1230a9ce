"""What the user passes as JSON, read once and strictly.

Files, pipes and environment variables have this one reader. Its errors say where the
JSON is wrong and never quote it: it can hold tokens.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tap_mews.errors import InvalidFileError

STANDARD_INPUT = 0
"""Its file descriptor."""

MAX_BYTES = 1 << 26
"""Of a file; a catalog of all streams has two millions. Some files, such as those of
devices, never end."""

MAX_DIGITS = 1000
"""Of a whole number; Python itself refuses to read some thousands."""


def read_file(option: str, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Read the JSON document that an option names.

    Args:
        option: Name of the option, with its dashes.
        path: A file, also one that can be read only once; `-` is standard input.

    Raises:
        InvalidFileError: It cannot be read, or is not one JSON document.
    """
    # what holds a brace is no name but the content, passed by mistake, with its tokens
    name = f"{option}: {path}" if "{" not in path else f"the file of {option}"
    try:
        place = STANDARD_INPUT if path == "-" else Path(path)
        with open(place, "rb", closefd=path != "-") as file:
            document = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or "not a file name"
        msg = f"{name} cannot be read ({reason})"
        raise InvalidFileError(msg) from None
    if len(document) > MAX_BYTES:
        msg = f"{name} has more than {MAX_BYTES >> 20} MB"
        raise InvalidFileError(msg)
    try:
        return parse(document)
    except ValueError as error:
        msg = f"{name} {error}"
        raise InvalidFileError(msg) from None


def parse(document: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """Read one JSON document.

    Args:
        document: Text, or bytes in UTF-8, UTF-16 or UTF-32, with or without a byte
            order mark.

    Raises:
        ValueError: It is none; the text of the error continues `This document …`.
    """
    if isinstance(document, bytes):
        encoding = json.detect_encoding(document)
        try:
            document = document.decode(encoding)
        except UnicodeDecodeError as error:
            msg = (
                f"is not {encoding.upper()} text (byte {error.start}); save it as UTF-8"
            )
            raise ValueError(msg) from None
    if not document.strip():
        msg = "is empty"
        raise ValueError(msg)
    try:
        return json.loads(
            document,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        msg = f"is not JSON ({where})"
        if error.msg == "Extra data":
            msg = f"contains more than one JSON document (line {error.lineno})"
        raise ValueError(msg) from None
    except RecursionError:
        msg = "is nested too deeply"
        raise ValueError(msg) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"has the key {twice!r} twice"
        raise ValueError(msg)
    return found


def _refuse_constant(name: str) -> None:
    msg = f"is not JSON ({name} is not a JSON number)"
    raise ValueError(msg)


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        msg = f"contains a number with more than {MAX_DIGITS} digits"
        raise ValueError(msg)
    return int(digits)
