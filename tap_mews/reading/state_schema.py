"""The form of a state, as JSON Schema: what is written, and what 0.1 wrote."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tap_mews.timestamps import FIRST_YEAR, parse_moment
from tap_mews.violations import describe
from tap_mews.wording import printable

_CHECKER = FormatChecker(formats=())
_DATE = f"date or date-time from {FIRST_YEAR} to 9999"


@_CHECKER.checks(_DATE, raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(parse_moment(value))


_TEXT = {"type": "string"}
_MOMENT = {"type": "string", "format": _DATE}
_MOMENT_OR_NULL = {"type": ["string", "null"], "format": _DATE}
_IDS = {"type": "array", "items": _TEXT}
_NAME_OR_IDS = {"type": ["array", "string"], "items": _TEXT}


def _object(*required: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "object", "properties": properties, "required": [*required]}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": items}


_MARKS = {
    "replication_key": {"type": ["string", "null"]},
    "replication_key_value": _MOMENT_OR_NULL,
    "start_date": _MOMENT_OR_NULL,
    "progress_markers": {"type": "object"},
}

_OF_A_JOB = {
    "start": _MOMENT_OR_NULL,
    "scope": {"type": ["string", "null"]},
    "added": _MOMENT_OR_NULL,
}

BOOKMARK = _object(
    **_MARKS,
    of={"type": ["string", "null"]},
    covers={**_IDS, "type": ["array", "null"]},
    joining=_list_of(
        _object(
            "ids",
            ids=_NAME_OR_IDS,
            through=_NAME_OR_IDS,
            replication_key_value=_MOMENT_OR_NULL,
        )
    ),
    left=_list_of(
        _object(
            "ids",
            "since",
            "replication_key_value",
            ids=_NAME_OR_IDS,
            since=_MOMENT,
            replication_key_value=_MOMENT,
        )
    ),
    jobs=_list_of(
        {
            "type": "array",
            "prefixItems": [_TEXT, _MOMENT, _object(**_OF_A_JOB)],
            "minItems": 2,
            "maxItems": 3,
        }
    ),
    exports=_list_of(_object("id", "end", "added", id=_TEXT, end=_MOMENT, **_OF_A_JOB)),
    partitions=_list_of(
        _object("context", context={"type": "object"}, **_MARKS),
    ),
)
"""The state of a stream of this tap."""

OTHER = _object(
    progress_markers={"type": "object"},
    partitions=_list_of(_object("context", context={"type": "object"})),
)
"""The state of any other stream, which the SDK looks at, too."""

STATE = _object(
    format={"type": ["integer", "null"], "minimum": 1},
    ids={"type": ["object", "null"], "additionalProperties": _IDS},
    bookmarks={"type": "object", "additionalProperties": {"type": "object"}},
)
"""A whole state."""


def problem_of(document: object, schema: dict[str, Any]) -> str | None:
    """What a state, or the state of a stream, is wrong in; it is never quoted.

    Args:
        document: What was passed.
        schema: One of the above.
    """
    validator = Draft202012Validator(schema, format_checker=_CHECKER)
    error = next(validator.iter_errors(document), None)
    if error is None:
        return None
    where = ".".join(str(part) for part in error.absolute_path)
    return f"`{printable(where)}` {describe(error)}"
