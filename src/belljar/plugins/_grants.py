"""From what a plugin was granted to its tools: a table from capability to tools, and nothing beside it.

Each tool is cleaned (`_clean`), with its schema, approval and time limit as they are. What is not granted is not there:
a script that names such a tool is refused before it runs, and one that looks for it finds none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from belljar.errors import PolicyRefusedError
from belljar.guess import closest
from belljar.packs import HostSecret, HttpPolicy, http_tool
from belljar.plugins._clean import Cleaner, cleaned
from belljar.plugins._commands import command_tool, only
from belljar.plugins._database import QUERY_MS, query_tool
from belljar.plugins._manifest import Manifest
from belljar.plugins._needs import is_among
from belljar.plugins._policy import Grant, Policy, SecretGrant
from belljar.plugins._repo import repo_tools
from belljar.plugins._workspace import reading_tools, writing_tool
from belljar.tools import AnyTool


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """One plugin, what it may have, and what is taken out of all that it gets."""

    manifest: Manifest
    grant: Grant
    secrets: tuple[HostSecret, ...]
    """Those that it sends, read."""
    cleaner: Cleaner

    def tools(self, of_host: Sequence[AnyTool]) -> list[AnyTool]:
        """Raises PolicyRefusedError for a tool that the host has not, UsageError where the grant cannot work."""
        packs = [pack for name, pack in _PACKS.items() if name in self.manifest.capabilities]
        own = [each for pack in packs for each in pack(self)]
        return [*own, *(cleaned(each, self.cleaner) for each in self._named(of_host))]

    def _named(self, of_host: Sequence[AnyTool]) -> Iterator[AnyTool]:
        there = {each.name: each for each in of_host}
        for name in self.manifest.tools:
            if name not in there:
                near = closest(name, there)
                raise PolicyRefusedError(
                    f"{self.manifest.name} needs the tool {name!r}, which this host does not have",
                    hint=f"Did you mean {near!r}?" if near else "PluginHost(tools=[...]).",
                    details={"kind": "no such tool", "tool": name},
                )
            yield there[name]

    @property
    def folder(self) -> Path:
        """The workspace. Raises PolicyRefusedError where the policy names none."""
        if self.grant.workspace is None:
            raise PolicyRefusedError(
                f"{self.manifest.name} needs a workspace, and the grant names none",
                hint='workspace = "FOLDER" in the grant.',
                details={"kind": "no workspace", "where": self.grant.place},
            )
        return self.grant.workspace

    def clean(self, tools: Iterable[AnyTool]) -> list[AnyTool]:
        return [cleaned(each, self.cleaner) for each in tools]


def known_secrets(policy: Policy, sent: Iterable[tuple[SecretGrant, HostSecret]]) -> tuple[str, ...]:
    """What must be seen nowhere: the secrets of all grants that can be read now, in all their parts; and passwords of
    databases. A file of this plugin's may hold a secret of another one's."""
    found = {form for secret, read in (*sent, *_readable(policy)) for form in secret.forms(read)}
    urls = (urlsplit(database.url) for grant in policy.grants for database in grant.databases)
    found |= {unquote(url.password) for url in urls if url.password}
    return tuple(sorted(found))


def _readable(policy: Policy) -> Iterator[tuple[SecretGrant, HostSecret]]:
    for grant in policy.grants:
        for secret in grant.secrets:
            with suppress(PolicyRefusedError):  # not set here and now, so nobody can come across it
                yield secret, secret.read()


def _network(granted: Granted) -> list[AnyTool]:
    manifest, grant = granted.manifest, granted.grant
    policy = HttpPolicy(
        hosts=manifest.hosts,
        methods=grant.methods,
        schemes=grant.schemes,
        ports=grant.ports,
        allow_private=[host for host in grant.allow_private if is_among(host, manifest.hosts, is_host=True)],
        secrets=granted.secrets,
        timeout_ms=manifest.limits.timeout_ms,
    )
    return granted.clean([http_tool(policy)])


def _commands(granted: Granted) -> list[AnyTool]:
    run = command_tool(granted.folder, timeout_ms=granted.manifest.limits.timeout_ms)
    return [cleaned(run, granted.cleaner, check=only(granted.grant.commands))]


_PACKS: Final[Mapping[str, Callable[[Granted], list[AnyTool]]]] = {
    "network": _network,
    "files.read": lambda granted: granted.clean(reading_tools(granted.folder, granted.cleaner)),
    "files.write": lambda granted: granted.clean([writing_tool(granted.folder)]),
    "commands": _commands,
    "database": lambda granted: granted.clean([query_tool(granted.grant.databases, query_ms=QUERY_MS)]),
    "read:repo": lambda granted: granted.clean(repo_tools(granted.folder, granted.cleaner)),
}
"""`secrets` adds to what `network` sends, and `metrics` opens a function of the api: neither has a tool of its own."""
