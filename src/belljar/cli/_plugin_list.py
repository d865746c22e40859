"""`belljar plugin list`: the plugins of a folder, and whether each could run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._plugin import Standing, composed, ledger, needs_text, policy_of, standing
from belljar.cli._screen import err, out, safe, safe_line
from belljar.cli._store import print_rows
from belljar.errors import ManifestError, UsageError
from belljar.plugins import MANIFEST_NAMES

_HEADINGS: Final = ("PLUGIN", "VERSION", "CHECKSUM", "SIGNATURE", "COULD START", "NEEDS")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One folder or package: what it is, or what is wrong with it."""

    path: Path
    found: Standing | None = None
    error: ManifestError | None = None

    def to_dict(self) -> dict[str, Any]:
        told = self.found.to_dict() if self.found is not None else {"may_start": False}
        return {"path": str(self.path), **told, "error": self.error.to_dict() if self.error is not None else None}


def list_command(folder: Path, *, policy: Path | None, store: str | None, as_json: bool) -> ExitCode:
    """Print a row for each. FAILED where one is no plugin that can be read."""
    granted = policy_of(policy)
    with ledger(store) as known:
        rows = [_row(path, lambda plugin: standing(plugin, granted, known)) for path in _candidates(folder)]
    broken = [row for row in rows if row.error is not None]
    if as_json:
        print_json({"ok": not broken, "plugins": [row.to_dict() for row in rows]})
    else:
        _print(rows)
    return ExitCode.FAILED if broken else ExitCode.FINE


def _candidates(folder: Path) -> Iterator[Path]:
    """Folders with a manifest, and packages. Raises UsageError."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be read: {error.strerror}", hint="Name a folder with plugins in it."
        ) from None
    for path in entries:
        if path.suffix == ".zip" or any((path / name).is_file() for name in MANIFEST_NAMES):
            yield path


def _row(path: Path, judge: Any) -> _Row:
    try:
        plugin = composed(path)
    except ManifestError as error:  # boundary: reported in the plugin's own row
        return _Row(path=path, error=error)
    return _Row(path=path, found=judge(plugin))


def _print(rows: list[_Row]) -> None:
    if not rows:
        err().print(Text("no plugin is there", style="dim"))
        return
    print_rows(out(), _HEADINGS, [_cells(row) for row in rows])
    for row in rows:
        if row.found is not None and row.found.refused is not None:
            err().print(Text(f"{safe_line(row.path.name)}: {safe(row.found.refused.message)}"))


def _cells(row: _Row) -> list[str | Text]:
    if row.found is None:
        assert row.error is not None  # a row is one of the two
        return [row.path.name, "", "", "", Text("broken", style="bold red"), row.error.message]
    plugin = row.found.plugin
    could = Text("yes", style="green") if row.found.refused is None else Text("no", style="red")
    manifest = plugin.manifest
    return [
        manifest.name if manifest.name == row.path.name else f"{manifest.name} ({row.path.name})",
        manifest.version,
        plugin.checksum[:12],
        row.found.signature_text,
        could,
        needs_text(manifest.needs),
    ]
