"""MCP servers as tools: what a server offers is `tools.mcp.SERVER.TOOL` in a script.

`_targets` says where a server is, `_servers` holds all of them for one harness. `_connection` keeps one connection in
one task of its own, over `_stdio` (a child process), `_http` or in process; `_screen` repairs lists that the SDK would
refuse whole. `_catalogue` makes tools of what a server lists (`_names`, `_schemas`), `_values` makes data of its
results, `_faults` says what went wrong. Everything a server sends is a stranger's: bounded, and never an exception of
the host's. The official SDK does the protocol; it comes with the extra `belljar[mcp]`.
"""

from belljar.errors import UsageError

try:
    import mcp.client.client  # noqa: F401 - an older mcp does not have it
except ImportError as error:
    raise UsageError("MCP servers need the official SDK, version 2", hint="Install belljar[mcp].") from error

from belljar.mcp._catalogue import ApprovalRule, Problem
from belljar.mcp._elicitation import Elicitation
from belljar.mcp._servers import McpServers
from belljar.mcp._targets import ServerSpec, Target, parse_target

__all__ = [
    "ApprovalRule",
    "Elicitation",
    "McpServers",
    "Problem",
    "ServerSpec",
    "Target",
    "parse_target",
]
