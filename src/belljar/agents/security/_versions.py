"""Versions and names of packages, in the orders of their own ecosystems."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_LONGEST: Final = 200
_SEPARATORS: Final = re.compile(r"[-_.]+")


class VersionUnreadableError(Exception):
    """A text that is no version there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ecosystem:
    """How one registry counts."""

    name: str
    """As OSV writes it."""
    name_of: Callable[[str], str]
    """The one spelling of a package's name."""
    version: Callable[[str], Any]
    """What versions are compared by. Raises VersionUnreadableError."""


def _pypi_name(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()


def _pypi(text: str) -> Any:
    """Without its local part: `2.1+cu118` is a build of 2.1."""
    from packaging.version import InvalidVersion, Version

    if len(text) > _LONGEST:
        raise VersionUnreadableError(text[:_LONGEST])
    try:
        return Version(Version(text).public)
    except InvalidVersion as error:
        raise VersionUnreadableError(text) from error


def _npm(text: str) -> Any:
    from semver import Version

    if len(text) > _LONGEST:
        raise VersionUnreadableError(text[:_LONGEST])
    try:
        return Version.parse(text.lstrip("v="), optional_minor_and_patch=True)
    except ValueError as error:
        raise VersionUnreadableError(text) from error


ECOSYSTEMS: Final[Mapping[str, Ecosystem]] = {
    "PyPI": Ecosystem(name="PyPI", name_of=_pypi_name, version=_pypi),
    "npm": Ecosystem(name="npm", name_of=lambda name: name, version=_npm),
}
