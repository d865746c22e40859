"""docs/tool-reference.md: the tools that come with belljar, as the model sees them."""

from __future__ import annotations

import tempfile
from typing import Final

from belljar.packs import HttpPolicy, core, http_tool, spawn
from belljar.tools import AnyTool, Registry, declarations, tool

from .text import code, page, table

_ABOUT: Final = (
    "What a script finds under `tools` when a pack is registered; how to register one and what it guards against is in "
    "[built-in tools](packs.md). Bounds are [settings](configuration.md#files). The types are what the model is told."
)
_ERRORS: Final = {
    "readFile": "WorkspaceError", "listDir": "WorkspaceError", "grepFiles": "WorkspaceError",
    "fileSearch": "WorkspaceError", "applyPatch": "PatchError WorkspaceError",
    "exec": "WorkspaceError ToolExecutionError",
    "sleep": "", "http": "NetworkPolicyError ToolExecutionError", "spawn.cancel": "",
}  # fmt: skip
"""What a call may be refused with, besides what every call may be."""


@tool
def price(article: str) -> int:
    """Stands for any tool of yours."""
    return len(article)


def tool_reference() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as root:
        pack = core(root)
        packs = {
            "Files: `files(root)`": pack[:-2],
            "Programs and waiting: `core(root)` has these besides": pack[-2:],
            "The web: `http_tool(policy)`": [http_tool(HttpPolicy(hosts=["api.example.com"]))],
            "Work in the background: `spawn(price)`, of your own tools": list(spawn(price)),
        }
        return page("Tool reference", _ABOUT, *(_pack(*each) for each in packs.items()), _found())


def _pack(title: str, tools: list[AnyTool]) -> list[str]:
    lines = [f"## {title}", ""]
    lines += table(("tool", "asks a person", "may be repeated", "errors of its own"), map(_row, tools))
    return [*lines, "", "```ts", *declarations(Registry(tools)).rstrip("\n").splitlines(), "```"]


def _row(each: AnyTool) -> tuple[str, ...]:
    asks = {"never": "no", "always": "always"}.get(str(each.approval), "it depends on the arguments")
    named = ", ".join(f"[`{name}`](errors.md#{name.lower()})" for name in _ERRORS.get(each.name, "").split())
    errors = named if each.name in _ERRORS else "those of the tool"
    return code(f"tools.{each.name}"), asks, "yes" if each.idempotent else "no", errors or "-"


def _found() -> list[str]:
    return [
        "## Finding tools: `Harness(prompt_tokens=...)`",
        "",
        "Where a prompt has no room for all declarations, scripts have `tools.search(query)` and "
        "`tools.describe(name)`; see [what the model is told](tools.md#more-tools-than-a-prompt-has-room-for).",
    ]
