"""What is asked of a scan, and that it can be: as a value, and as the plain data that a job is begun with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, get_args

from belljar.agents.security._baseline import Baseline
from belljar.agents.security._finding import Severity
from belljar.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """What is scanned, and how it is judged."""

    root: Path
    """A checked-out repository."""
    advisories: Path | None = None
    """A folder of OSV advisories; without it dependencies are not compared, and the report says so."""
    baseline: Path | None = None
    """A file of known findings."""
    update_baseline: bool = False
    """Whether what is found becomes the baseline."""
    exclude: tuple[str, ...] = ()
    """Patterns over paths from the root, `*` standing for slashes too."""
    out: Path | None = None
    """Where the caller will write the report: that file is not looked at, nor is the baseline."""
    fail_on: Severity = "high"
    """From which severity on a new finding makes the exit status 1."""

    def __post_init__(self) -> None:
        if self.update_baseline and self.baseline is None:
            raise UsageError("no baseline is named that could be written", hint="Name the file: --baseline FILE.")
        if self.fail_on not in get_args(Severity):
            raise UsageError(f"fail_on is one of {', '.join(get_args(Severity))}, got {self.fail_on!r}")
        if self.advisories is not None and not self.advisories.is_dir():
            raise UsageError(f"the advisories {str(self.advisories)!r} are no folder")
        for file in self._written:
            self._check_written(file)

    @property
    def _written(self) -> tuple[Path, ...]:
        return tuple(each for each in (self.baseline, self.out) if each is not None)

    @property
    def own(self) -> tuple[Path, ...]:
        """Whole paths of what the scan and its caller write."""
        return tuple(map(_place, self._written))

    def _check_written(self, file: Path) -> None:
        """The repository must not choose which file is written: its links are not followed."""
        place = file.absolute().parent
        inside = place.relative_to(self.root.absolute()) if place.is_relative_to(self.root.absolute()) else None
        if file.is_symlink() or (inside is not None and place.resolve() != self.root.resolve() / inside):
            raise UsageError(f"{str(file)!r} lies behind a link", hint="Name the file itself.")
        if file.exists() and not file.is_file():
            raise UsageError(
                f"{str(file)!r} is no file that could be replaced", hint="Name a new file, or a plain one."
            )

    def to_input(self) -> dict[str, Any]:
        """Plain data: what a job is begun with."""
        plain = asdict(self)
        paths = {name: str(place(plain[name])) for name, place in _PATHS.items() if plain[name] is not None}
        return {**plain, **paths, "exclude": list(self.exclude)}

    @classmethod
    def from_input(cls, data: Mapping[str, Any]) -> ScanOptions:
        """What `to_input` wrote."""
        paths = {name: Path(data[name]) for name in _PATHS if data.get(name) is not None}
        return cls(**{**data, **paths, "exclude": tuple(data.get("exclude", ()))})

    def load_baseline(self) -> Baseline | None:
        """The file may be missing where it is about to be written. Raises UsageError."""
        if self.baseline is None or (self.update_baseline and not self.baseline.exists()):
            return None
        return Baseline.load(self.baseline)


def _place(path: Path) -> Path:
    """The whole path of a name, whatever it leads to."""
    return path.absolute().parent.resolve() / path.name


_PATHS: Final[Mapping[str, Callable[[Path], Path]]] = {
    "root": Path.resolve,
    "advisories": Path.resolve,
    "baseline": _place,
    "out": _place,
}
