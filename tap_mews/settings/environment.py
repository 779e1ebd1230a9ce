"""Settings from environment variables, and the variables that steer the log."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, ValidationError

from tap_mews.errors import InvalidSettingsError
from tap_mews.settings.inputs import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "TAP_MEWS_"

LOG_LEVELS = (f"{PREFIX}LOGLEVEL", "LOGLEVEL")
"""The variables that the SDK takes the level of the log from, the first one first."""

LOG_CONFIG = "SINGER_SDK_LOG_CONFIG"
"""The variable that names a file with the configuration of the log."""

MELTANO = "MELTANO_EXTRACTOR_NAMESPACE"
"""The variable that Meltano sets for each extractor that it runs."""

_FORMS = {
    "array": 'a list in JSON, such as ["…", "…"]',
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "object": "an object in JSON",
}
"""How the text of a variable is to read for a setting of a type."""


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def read_environment(
    environment: Mapping[str, str], schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Read the settings that environment variables give.

    Texts are taken as they are. Everything else is JSON, as in a config file, but for
    the letter case of `true` and `false`: Meltano writes `True` where a setting has no
    kind. Nothing is split at commas, since half a list would be half of the properties.

    Args:
        environment: Variables by name.
        schema: JSON Schema of the settings.

    Returns:
        The values by setting, each of its type; their rules are still to be checked.

    Raises:
        InvalidSettingsError: Names each variable that cannot be read and what it must
            be; never a value.
    """
    found, wrong = {}, []
    for name, rule in schema["properties"].items():
        text = environment.get(variable_of(name))
        if text is None:
            continue
        kinds = _FORMS.keys() & set(rule["type"])
        if not kinds:
            found[name] = text
            continue
        try:
            value = parse(text.lower() if "boolean" in kinds else text)
            Draft202012Validator({"type": rule["type"]}).validate(value)
        except (ValueError, ValidationError):
            forms = " or ".join(_FORMS[kind] for kind in sorted(kinds))
            wrong.append(f"{variable_of(name)} must be {forms}")
        else:
            found[name] = value
    if wrong:
        raise InvalidSettingsError.of_all(wrong)
    return found


def unknown_variables(
    environment: Mapping[str, str], schema: Mapping[str, Any]
) -> Iterator[str]:
    """The variables that look like settings and are none.

    Those of the extras of Meltano, such as `TAP_MEWS__SELECT`, are not for the tap.
    """
    known = {*map(variable_of, schema["properties"]), *LOG_LEVELS}
    for variable in sorted(environment.keys() - known):
        if variable.startswith(PREFIX) and not variable.startswith(f"{PREFIX}_"):
            yield variable


def check_meltano(environment: Mapping[str, str], config: Mapping[str, Any]) -> None:
    """Refuse settings of which Meltano left something out of the config file.

    Meltano (including 4.4) puts the same settings into variables, and those are whole.
    It drops names with a dot from the file, and null from maps in meltano.yml, which
    the variable shows with `stream.property` for a name.

    Args:
        environment: Variables by name.
        config: What the config file holds.

    Raises:
        InvalidSettingsError: Names what is lost; never a token.
    """
    if MELTANO not in environment:
        return
    wrong = []
    if any("." in name for name in _object(environment, "access_tokens")):
        must_be = "must have names without dots; Meltano drops the others"
        wrong.append(f"access_tokens {must_be}")
    maps = config.get("stream_maps")
    for place, value in _object(environment, "stream_maps").items():
        stream, _, column = place.partition(".")
        found = maps.get(stream) if isinstance(maps, dict) else None
        is_there = isinstance(found, dict) and column in found
        # null for the key keeps nothing back, and `__NULL__` is no key
        is_lost = not is_there and column not in {"", "__key_properties__"}
        if value is None and is_lost:
            wrong.append(f"stream_maps.{place} must be __NULL__; Meltano drops null")
    if wrong:
        raise InvalidSettingsError.of_all(wrong)


def _object(environment: Mapping[str, str], name: str) -> dict[str, Any]:
    """The object in the variable of a setting; an empty one if it holds none."""
    try:
        value = parse(environment.get(variable_of(name), ""))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def check_log(environment: Mapping[str, str]) -> None:
    """Refuse a level of the log, or a file with its configuration, that does not exist.

    Raises:
        InvalidSettingsError: Names the variable and what it must be.
    """
    if LOG_CONFIG in environment and not Path(environment[LOG_CONFIG]).is_file():
        msg = f"{LOG_CONFIG} must name a YAML file with a logging configuration"
        raise InvalidSettingsError(msg)
    # as the SDK looks for it: the second one if the first is empty
    variable = LOG_LEVELS[0 if environment.get(LOG_LEVELS[0]) else 1]
    level = environment.get(variable)
    if level is not None and not isinstance(logging.getLevelName(level.upper()), int):
        msg = f"{variable} must be one of DEBUG, INFO, WARNING, ERROR or CRITICAL"
        raise InvalidSettingsError(msg)
