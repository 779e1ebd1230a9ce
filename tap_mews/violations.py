"""Words for a violation of a JSON Schema that do not repeat the value.

The value can be a token or a guest's data; jsonschema's own words quote it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError


def describe(error: ValidationError) -> str:
    """What must hold, such as `must be of type number or null`."""
    limit: Any = error.validator_value
    if error.validator == "required":
        instance: Any = error.instance
        missing = [name for name in limit if name not in instance]
        return f"must have {' and '.join(missing)}"
    if error.validator == "type":
        return f"must be of type {' or '.join(_kinds(limit))}"
    if error.validator in {"anyOf", "oneOf"}:
        kinds = [kind for each in limit for kind in _kinds(each.get("type", ()))]
        return f"must be of type {' or '.join(kinds)}"
    if error.validator == "format":
        return f"must be a {limit}"
    if error.validator == "enum":
        return "must be one of " + ", ".join(f"`{value}`" for value in limit)
    if error.validator in {"minimum", "maximum"}:
        bound = "at least" if error.validator == "minimum" else "at most"
        return f"must be {bound} {limit}"
    if error.validator == "minLength":
        return "must not be empty"
    if error.validator in {"minItems", "maxItems"}:
        bound = "at least" if error.validator == "minItems" else "at most"
        return f"must have {bound} {limit} entries"
    return f"breaks the rule {error.validator} of its schema"


def _kinds(limit: Any) -> list[str]:  # noqa: ANN401
    return [limit] if isinstance(limit, str) else list(limit)
