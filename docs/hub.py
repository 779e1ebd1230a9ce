"""The entry of Meltano Hub for this tap; `make docs` renews it in hub/.

The Hub shows what `--about` says, and some words about the tap that stand here.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any, TypeAlias

from docs import address, generated, selection

Json: TypeAlias = dict[str, Any]

UNNAMED = "original"
"""What Meltano calls a variant without a name."""

STATUS = {"3": "development", "4": "beta", "5": "active", "7": "inactive"}
"""What the Hub calls a development status of PyPI, by its number."""


def entry(package: Json | None = None) -> Json:
    """The entry, its keys in the order of the alphabet as the Hub has them.

    Args:
        package: Metadata of a package; those of the installed one unless given.
    """
    package = metadata.metadata("tap-mews").json if package is None else package
    about = generated.about()
    name = about["name"]
    found = {
        "capabilities": about["capabilities"],
        "description": "Hotel data from the Mews Connector API, complete and current.",
        "domain_url": "https://www.mews.com/",
        "executable": name,
        "keywords": ["api", "hospitality", "hotel", "meltano_sdk", "pms"],
        "label": "Mews",
        "log_parser": "singer-sdk",
        "logo_url": "/assets/logos/extractors/mews.svg",
        "maintenance_status": _status(package),
        "name": name,
        "namespace": name.replace("-", "_"),
        "pip_url": address.requirement(_repository(package)),
        "quality": "unknown",  # those who keep the Hub rate it
        "select": selection.patterns(),
        "settings": generated.settings_in_meltano(),
        "settings_group_validation": generated.required_in_meltano(),
        "supported_python_versions": about["supported_python_versions"],
        **_place(package),
    }
    return dict(sorted(found.items()))


def as_yaml() -> str:
    """The text of the entry."""
    return generated.as_yaml(entry())


def _status(package: Json) -> str:
    head = "Development Status :: "
    (status,) = (each for each in package["classifier"] if each.startswith(head))
    return STATUS[status.removeprefix(head)[0]]


def _repository(package: Json) -> str | None:
    return address.repository(package.get("project_url", []))


def _place(package: Json) -> Json:
    """Where the code lives, and the variant, which the Hub names after its owner."""
    repository = _repository(package)
    if repository is None:
        return {"variant": UNNAMED}
    return {"repo": repository, "variant": repository.split("/")[-2].lower()}
