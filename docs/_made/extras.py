"""What `pip install 'belljar[NAME]'` brings, for docs/configuration.md. One that is not told of stops the generator."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .text import code, table

PROJECT: Final = Path(__file__).resolve().parents[2] / "pyproject.toml"
EXTRAS: Final[Mapping[str, str]] = {
    "v8": "The engine `v8`; see [engines](engines.md).",
    "mcp": "MCP servers as tools, and `belljar mcp`; see [MCP](mcp.md).",
    "snapshot": "`belljar snapshot`: sealed programs in signed files; see [sealed profile](sealed.md#snapshots).",
    "store": "`--store`, approvals, the audit log, workers, on SQLite; see [runs that survive](durable.md).",
    "postgres": "The same on PostgreSQL.",
    "dbos": "Workers past one computer; see [runs that survive](durable.md).",
    "web": "`belljar serve`; see [operations](operations.md#the-console).",
    "agents": "[Plugins](plugins.md) and [agents](agents.md).",
    "otel": "[Traces and metrics](telemetry.md).",
    "types": "Scripts are checked for types; see [types](tools.md#types).",
    "pydantic-ai": "The integration with Pydantic AI; see [agent frameworks](frameworks.md).",
    "openai-agents": "That with the OpenAI Agents SDK.",
    "langchain": "That with LangChain.",
}
WORK: Final = frozenset({"campaign", "bench", "dev", "docs"})
"""For those who work on belljar itself."""


def extras() -> list[str]:
    """The section."""
    there = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    if there.keys() - WORK != EXTRAS.keys():
        raise SystemExit(f"extras that differ: {(there.keys() - WORK) ^ EXTRAS.keys()}: correct docs/_made/extras.py")
    about = "`pip install 'belljar[store,web]'` installs two of them; in a checkout, `pip install '.[store,web]'`."
    return ["## Extras", "", about, "", *table(("extra", "for"), ((code(name), EXTRAS[name]) for name in EXTRAS))]
