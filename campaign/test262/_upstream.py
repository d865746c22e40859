"""What upstream's own runs of the suite say: quickjs-ng keeps the tests it fails in `test262_errors.txt`, and what it
does not run at all in `test262.conf`.

Neither is kept here. They are read from where they lie in a checkout of quickjs-ng, whose submodule `test262` is the
suite: beside the suite's folder. Copied into the suite's own folder, they are found as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from campaign.test262._suite import Case

ERRORS: Final = "test262_errors.txt"
CONFIGURATION: Final = "test262.conf"
FIGURES: Final = "its own runner has 52 errors in 82,220 runs, sloppy and strict, 4,802 excluded, 5,736 skipped"
"""Of quickjs-ng in August 2026, as its pull request 1671 says; for where its list is not at hand."""
_ERROR: Final = re.compile(r"^(?:.*/)?test262/test/(.+?\.js):\d+: (?:strict mode: )?(.*)$", re.MULTILINE)
_SECTION: Final = re.compile(r"^\[(\w+)\]$", re.MULTILINE)
_SKIPPED_FEATURE: Final = re.compile(r"^([\w.-]+)=skip$", re.MULTILINE)
_EXCLUDED: Final = re.compile(r"^(?:.*/)?test262/test/(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What upstream says of each test; empty where its files were not found."""

    failures: Mapping[str, str] = field(default_factory=dict)
    """Message by path."""
    skipped_features: frozenset[str] = frozenset()
    excluded: tuple[str, ...] = ()
    """Paths, and folders that end with a slash."""
    sources: tuple[Path, ...] = ()
    """The files that were read."""

    def skips(self, case: Case) -> bool:
        """Whether upstream does not run this test."""
        return bool(case.features & self.skipped_features) or any(
            case.path == entry or (entry.endswith("/") and case.path.startswith(entry)) for entry in self.excluded
        )


def read_upstream(root: Path) -> Upstream:
    """From the files in `root` or beside it."""
    errors, configuration = (_found(root, name) for name in (ERRORS, CONFIGURATION))
    sections = _sections(configuration.read_text() if configuration else "")
    return Upstream(
        failures=dict(_ERROR.findall(errors.read_text())) if errors else {},
        skipped_features=frozenset(_SKIPPED_FEATURE.findall(sections.get("features", ""))),
        excluded=tuple(_EXCLUDED.findall(sections.get("exclude", ""))),
        sources=tuple(file for file in (errors, configuration) if file),
    )


def _found(root: Path, name: str) -> Path | None:
    places = (root / name, root.resolve().parent / name)
    return next((place for place in places if place.is_file()), None)


def _sections(text: str) -> dict[str, str]:
    parts = _SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
