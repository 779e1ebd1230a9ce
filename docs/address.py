"""Where users get the project from; `make docs` puts that into the documents.

The address is set in one place: `Repository` in `[project.urls]` of pyproject.toml.
Until then, the commands install from a checkout beside the user's own project.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

CHECKOUT = "../tap-mews"

DOCUMENTS = Path(__file__).parents[1]


def repository(urls: list[str]) -> str | None:
    """The address of the repository, if one is set.

    Args:
        urls: `Project-URL` of the metadata of a package, such as `Changelog, https://…`.
    """
    found = dict(each.split(", ", 1) for each in urls).get("Repository")
    return found.rstrip("/") if found else None


def requirement(address: str | None) -> str:
    """What pip installs.

    Args:
        address: Of the repository; None for a checkout.
    """
    return CHECKOUT if address is None else f"git+{address}"


def published(text: str, address: str) -> str:
    """A document whose commands take the repository in place of a checkout."""
    forms = {
        f"{CHECKOUT}/hub/": f"{address}/raw/HEAD/hub/",
        f"local: {CHECKOUT}/dbt": f"git: {address}\n  subdirectory: dbt",
        f"{CHECKOUT}[socks]": f"tap-mews[socks] @ {requirement(address)}",
        CHECKOUT: requirement(address),
    }
    for form, replacement in forms.items():
        text = text.replace(form, replacement)
    return text


def main() -> None:
    """Update the documents, if the repository has an address."""
    address = repository(metadata.metadata("tap-mews").get_all("Project-URL") or [])
    if address is None:
        return
    for path in [DOCUMENTS / "README.md", *DOCUMENTS.glob("docs/*.md")]:
        path.write_text(published(path.read_text("utf-8"), address), "utf-8")


if __name__ == "__main__":
    main()
