"""The tools that there are now: those that were given, those of MCP servers, and the two that look for others.

A server may change its tools at any time; they change here between runs only, so a run, its check and its journal see
one registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Literal

from belljar.limits import Limits
from belljar.tools import AnyTool, Registry, Tool, declarations, discovery_tools, fits, prompt_text


class Catalogue:
    """One harness's tools. Used from the event loop's thread only, but for reading `registry`."""

    def __init__(
        self,
        tools: Iterable[AnyTool | Callable[..., Any]],
        *,
        servers: Mapping[str, Any] | Any | None = None,
        limits: Limits,
        prompt_tokens: int | None = None,
    ) -> None:
        """`servers` are targets by name, or a `belljar.mcp.McpServers`. Raises UsageError for unfit tools."""
        self._given = tuple(map(Tool.of, tools))
        self._limits = limits
        self._prompt_tokens = prompt_tokens
        self._servers = _servers(servers)
        self._view = self._look()

    @property
    def registry(self) -> Registry:
        """All tools, as they were when the servers were last asked."""
        return self._view.registry

    @property
    def declarations(self) -> str:
        """TypeScript that declares all of them."""
        return self._view.declarations

    def prompt(self, *, query: str | None = None, form: Literal["tags", "tool"] = "tags") -> str:
        """What to tell the model, within the budget of tokens where there is one."""
        return prompt_text(self.registry, limits=self._limits, max_tokens=self._prompt_tokens, query=query, form=form)

    async def refresh(self) -> None:
        """Connect to servers that are not connected, and take what tools they have now."""
        if self._servers is not None and await self._servers.refresh():
            self._view = self._look()

    async def aclose(self) -> None:
        """Leave the servers."""
        if self._servers is not None:
            await self._servers.aclose()

    def _look(self) -> _View:
        of_servers = self._servers.tools if self._servers is not None else ()
        listed = [*self._given, *of_servers]
        tokens = self._prompt_tokens
        if tokens is not None and not fits(Registry(listed), tokens, limits=self._limits):
            listed += discovery_tools(lambda: listed)
        return _View(Registry(listed))


class _View:
    """The tools at one moment."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @cached_property
    def declarations(self) -> str:
        return declarations(self.registry)


def _servers(servers: Mapping[str, Any] | Any | None) -> Any:
    if servers is None:
        return None
    from belljar.mcp import McpServers

    return servers if isinstance(servers, McpServers) else McpServers(servers)
