"""Every number that bounds one call of the files pack."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from belljar.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """Bounds on one call of a file tool. What is cut short says so in its result; a patch is never cut short."""

    read_bytes: int = 262_144
    """Of a file, given by one readFile, in whole lines where they fit. At most 64 MiB."""
    scan_bytes: int = 64 << 20
    """Of a file, that readFile goes through to find and count lines. At most 4 GiB."""
    entries: int = 1_000
    """Given by one listDir. At most 100,000."""
    matches: int = 200
    """Lines given by one grepFiles, and files by one fileSearch. At most 10,000."""
    line_characters: int = 400
    """Of a line, in what grepFiles gives. At most 10,000."""
    grep_file_bytes: int = 4 << 20
    """Larger files are not searched, and counted as skipped. At most 256 MiB."""
    visited: int = 100_000
    """Files and folders that one listDir, grepFiles or fileSearch looks at. At most 10 million."""
    search_ms: int = 10_000
    """Time of one listDir, grepFiles or fileSearch. At most 10 minutes."""
    search_mb: int = 512
    """Memory of the process that tries a regular expression. From 128 to 8,192."""
    patch_bytes: int = 1 << 20
    """UTF-8 of one patch. At most 64 MiB. Then PatchError."""
    patch_file_bytes: int = 8 << 20
    """Of one file that a patch changes. At most 256 MiB. Then PatchError."""
    patch_total_bytes: int = 64 << 20
    """Of all files that one patch changes, together. At most 1 GiB. Then PatchError."""
    fuzz: int = 2
    """Lines of a hunk that may differ from the file in white space. At most 100."""
    skip: Collection[str] = (".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache")
    """Names of folders that grepFiles, fileSearch and a deep listDir do not enter."""
    protected: Collection[str] = (".git", ".hg", ".svn")
    """Names that no patch writes to, nor below: what is in there runs later, on its own. Letter case and invisible
    characters do not count, since some file systems do not count them. Other files run later, too, which is for whoever
    approves patches to see: a Makefile, .envrc, .vscode, and the config in any folder with HEAD, objects and refs,
    which git takes for a repository."""

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise UsageError(f"FileLimits.{name} must be a whole number from {low} to {high}, got {value!r}")
        for name in ("skip", "protected"):
            if isinstance(getattr(self, name), str):
                raise UsageError(f"FileLimits.{name} must be a collection of names, got a str")


_RANGES: Final = {
    "read_bytes": (1, 64 << 20),
    "scan_bytes": (1, 4 << 30),
    "entries": (1, 100_000),
    "matches": (1, 10_000),
    "line_characters": (20, 10_000),
    "grep_file_bytes": (1, 256 << 20),
    "visited": (1, 10_000_000),
    "search_ms": (1, 600_000),
    "search_mb": (128, 8_192),
    "patch_bytes": (1, 64 << 20),
    "patch_file_bytes": (1, 256 << 20),
    "patch_total_bytes": (1, 1 << 30),
    "fuzz": (0, 100),
}
