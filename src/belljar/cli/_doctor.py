"""`belljar doctor`: what is installed, and whether every limit holds here."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

import belljar
from belljar import gate
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._probes import Result, run_probes
from belljar.cli._screen import counted, out, safe
from belljar.errors import BelljarError, UsageError

_PACKAGES: Final = (
    "wasmtime",
    "tree-sitter",
    "tree-sitter-typescript",
    "pydantic",
    "rich",
    "typer",
    "mini-racer",
    "mcp",
)


_GUEST_LABELS: Final = {
    "error": "guest",
    "engine": "engine",
    "compiler": "built by",
    "build_id": "guest build id",
    "wasm_sha256": "guest sha256",
    "standard_sha256": "prelude sha256",
    "sealed_sha256": "sealed sha256",
    "memory_bytes": "machine bytes",
    "pooled": "pooled",
}


def doctor_command(*, as_json: bool) -> ExitCode:
    """Print versions and the self-test's table; INTERNAL when one probe fails."""
    facts = {**_installation(), "guest": _guest(), "cache": _cache()}
    results = list(run_probes())
    broken = [facts[part] for part in ("guest", "cache") if "error" in facts[part]]
    ok = not broken and all(result.ok for result in results)
    if as_json:
        print_json({"ok": ok, **facts, "probes": [asdict(result) for result in results]})
    else:
        _print(out(), facts, results, faults=len(broken) + sum(not result.ok for result in results))
    return ExitCode.FINE if ok else ExitCode.INTERNAL


def _installation() -> dict[str, Any]:
    return {
        "belljar": belljar.__version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores",
        "packages": {name: _version(name) for name in _PACKAGES},
        "types": _types(),
        "gate": {"variable": gate.VARIABLE, "open": gate.is_on()},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _types() -> str:
    from belljar.typecheck import compiler_line, find_compiler

    try:
        return compiler_line(find_compiler())
    except UsageError as error:  # boundary: reported as a finding of this command
        return f"none; {error.message}"


def _guest() -> dict[str, Any]:
    from belljar.machine import guest_facts

    try:
        return guest_facts()
    except BelljarError as error:  # boundary: reported as a finding of this command
        return {"error": f"{error.code}: {error.message} {error.hint}"}


def _cache() -> dict[str, Any]:
    from belljar.machine import _cache

    try:
        folder = _cache.folder()
        found = [path for path in folder.iterdir() if path.is_file()]
    except (BelljarError, OSError) as error:  # boundary: reported as a finding of this command
        return {"error": str(error)}
    return {"folder": str(folder), "files": len(found), "bytes": sum(path.stat().st_size for path in found)}


def _print(console: Console, facts: dict[str, Any], results: list[Result], *, faults: int) -> None:
    for label, value in _lines(facts):
        console.print(Text.assemble((f"{label:<15} ", "bold"), safe(str(value))))
    console.print()
    console.print(_table(results), soft_wrap=False)
    verdict = (
        f"{counted(faults, 'fault')}: do not run scripts here before they are mended" if faults else "every limit holds"
    )
    console.print(Text(verdict, style="bold red" if faults else "bold green"))


def _lines(facts: dict[str, Any]) -> list[tuple[str, Any]]:
    lines = [(name, facts[name]) for name in ("belljar", "python", "platform")]
    lines.append(("packages", ", ".join(f"{name} {number}" for name, number in facts["packages"].items())))
    lines.append(("types", facts["types"]))
    lines.append(("gate", _gate_text(facts["gate"])))
    lines += [(_GUEST_LABELS[name], value) for name, value in facts["guest"].items() if name in _GUEST_LABELS]
    cache = facts["cache"]
    told = cache.get("error") or f"{cache['folder']}, {cache['files']} files, {cache['bytes'] / 1e6:.1f} MB"
    return [*lines, ("cache", told)]


def _gate_text(gate: dict[str, Any]) -> str:
    if gate["open"]:
        return f"open: plugins and agents can be used ({gate['variable']})"
    return f"closed: no plugin and no agent can be used ({gate['variable']})"


def _table(results: list[Result]) -> Table:
    table = Table("", "limit", "what happened", box=None, pad_edge=False, header_style="dim")
    table.add_column("ms", justify="right")
    for result in results:
        mark = Text("✓", style="green") if result.ok else Text("✗", style="bold red")
        table.add_row(mark, Text(result.name), Text(safe(result.found)), Text(f"{result.ms:.0f}", style="cyan"))
    return table
