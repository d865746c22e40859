"""`belljar tools`: what the model is told of a module's tools."""

from __future__ import annotations

from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._loading import load_registry
from belljar.cli._screen import out, print_code
from belljar.limits import Limits
from belljar.tools import AnyTool, declarations, prompt_text


def tools_command(spec: str, *, only_declarations: bool, as_json: bool) -> ExitCode:
    """Print the prompt; or only the TypeScript declarations; or names and schemas as JSON."""
    registry = load_registry([spec])
    if as_json:
        print_json({"ok": True, "tools": [_facts(tool) for tool in registry]})
    elif only_declarations:
        print_code(out(), declarations(registry).rstrip(), "typescript")
    else:
        print_code(out(), prompt_text(registry, limits=Limits()).rstrip(), "markdown")
    return ExitCode.FINE


def _facts(tool: AnyTool) -> dict[str, object]:
    return {
        "name": tool.name,
        "description": tool.description,
        "approval": tool.approval if isinstance(tool.approval, str) else "by rule",
        "idempotent": tool.idempotent,
        "capability": tool.capability,
        "timeout_ms": tool.timeout_ms,
        "parameters": tool.parameters,
        "result": tool.result,
    }
