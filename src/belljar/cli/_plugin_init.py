"""`belljar plugin init`: a small plugin that runs as it is, and says where its parts go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final, Literal

from rich.text import Text

from belljar.cli._exits import ExitCode
from belljar.cli._screen import err, out, safe
from belljar.cli._store import command
from belljar.errors import UsageError

_MANIFEST: Final = """\
# What this plugin is and asks for. It gets nothing by asking: an operator's policy decides.
name = "{name}"
version = "0.1.0"
description = "Counts the words of a text."
author = "you"
entry_point = "countWords"
profile = "{profile}"
# capabilities = ["network"]      # beyond computing; see policy.toml
# hosts = ["api.example.com"]

[limits]
timeout_ms = 2000
memory_mb = 10
"""
_STANDARD: Final = """\
/// <reference path="./api.d.ts" />

export async function countWords(api: PluginApi, input: { text: string }) {
  const words = input.text.split(/\\s+/).filter((word) => word !== "");
  api.log("info", `${words.length} words`);
  return { words: words.length };
}
"""
_SEALED: Final = """\
export const countWords = (given) => {
  const words = given.text.split(" ").filter((word) => word !== "");
  return { words: words.length };
};
"""
_POLICY: Final = """\
# An operator's file: what plugins may have. This plugin asks for nothing, so it runs without any of this.
# belljar plugin run {name} --policy {name}/policy.toml --input '{{"text": "one two"}}' --store runs.db

# [[grant]]
# plugin = "{name}"
# capabilities = ["network"]
# hosts = ["api.example.com"]
"""
_SCRIPTS: Final[Mapping[str, str]] = {"standard": _STANDARD, "sealed": _SEALED}
_EXAMPLE: Final = '{"text": "one two three"}'


def init_command(folder: Path, *, profile: Literal["standard", "sealed"]) -> ExitCode:
    """Write the files, and say what to type next. Raises UsageError for a folder with something in it."""
    name = _name_of(folder)
    files = {
        "plugin.toml": _MANIFEST.format(name=name, profile=profile),
        "plugin.ts": _SCRIPTS[profile],
        "policy.toml": _POLICY.format(name=name),
    }
    if profile == "standard":
        files["api.d.ts"] = (resources.files("belljar.plugins") / "api.d.ts").read_text(encoding="utf-8")
    _write(folder, files)
    console = err()
    for each in files:
        console.print(Text.assemble(("  + ", "green"), safe(str(folder / each))))
    out().print(
        Text(safe(command("plugin", "run", str(folder), "--input", _EXAMPLE, "--store", "runs.db", store=None)))
    )
    return ExitCode.FINE


def _name_of(folder: Path) -> str:
    """What a manifest takes as a name, of what the folder is called."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:50].strip("-")
    if not name:
        raise UsageError(
            f"{folder.name!r} gives a plugin no name", hint="Call the folder by letters a-z, digits and -."
        )
    return name


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} has something in it", hint="Name a new folder, or an empty one.")
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
