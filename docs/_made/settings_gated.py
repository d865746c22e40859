"""The part of docs/configuration.md that is about plugins and agents: manifests, policies, budgets.

What the classes say of their fields is taken from there; where a name was enough for the code's own readers, its effect
is in `EFFECTS`. A field that neither has stops the generator. Imported with the gate open only.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from belljar.agents.coding._spec import Budget, Terms
from belljar.agents.security import ScanOptions
from belljar.plugins import Manifest, ManifestLimits, PluginHost
from belljar.plugins._policy_tables import DatabaseTable, GrantTable, KeyTable, SecretTable

from .text import code, field_docs, settings, shown, unit_of

_CLASSES: Final = (
    ("Manifest of a plugin", "`plugin.toml` or `plugin.json`; see [plugins](plugins.md).", Manifest),
    ("Limits of a plugin", "`[limits]` of the manifest; the policy's grant bounds them.", ManifestLimits),
    ("Keys of a policy", "`[[key]]` in the policy's file.", KeyTable),
    ("Grants of a policy", "`[[grant]]`: what plugins and agents that match may have, at most.", GrantTable),
    ("Secrets of a grant", "`[[grant.secret]]`; one of `env` and `file`.", SecretTable),
    ("Databases of a grant", "`[[grant.database]]`", DatabaseTable),
    ("Specification for the code-generation agent", "The fenced block; see [agents](agents.md).", Terms),
    ("Budget of the code-generation agent", "`[budget]` of the specification.", Budget),
    ("Security scan", "`ScanOptions`; options of `belljar agents run security-scan`.", ScanOptions),
)
EFFECTS: Final[Mapping[tuple[str, str], str]] = {
    ("Manifest", "name"): "1 to 50 of a-z, 0-9 and '-'.",
    ("Manifest", "version"): "After semver.org.",
    ("Manifest", "description"): "1 to 200 characters.",
    ("Manifest", "author"): "1 to 100 characters.",
    ("Manifest", "capabilities"): "What it asks for; see [plugins](plugins.md).",
    ("Manifest", "limits"): "See below.",
    ("Manifest", "repository"): "A web address.",
    ("Manifest", "licence"): "At most 100 characters.",
    ("Manifest", "tags"): "At most 10.",
    ("KeyTable", "name"): "What grants call it.",
    ("KeyTable", "file"): "A public key, PEM; relative to the policy's file.",
    ("GrantTable", "plugin"): "Its name. Of `plugin`, `checksum` and `key`, those that are given must all match.",
    ("GrantTable", "checksum"): "Of this very plugin; a grant by checksum is its own approval.",
    ("GrantTable", "key"): "Whose signature it must have: a name of `[[key]]`.",
    ("GrantTable", "capabilities"): "What may be asked for.",
    ("GrantTable", "hosts"): "What the capability network reaches; `*.example.com` is all names below one.",
    ("GrantTable", "methods"): "Of requests.",
    ("GrantTable", "schemes"): "Of requests.",
    ("GrantTable", "ports"): "Of requests. None is the scheme's own.",
    ("GrantTable", "allow_private"): "Hosts whose addresses may be private or loopback.",
    ("GrantTable", "tools"): "Tools of the host, by name.",
    ("GrantTable", "timeout_ms"): "The most that the manifest may ask for.",
    ("GrantTable", "memory_mb"): "The most that the manifest may ask for.",
    ("GrantTable", "concurrent"): "The most that the manifest may ask for.",
    ("GrantTable", "workspace"): "The folder of files, commands and the repository; relative to the policy's file.",
    ("GrantTable", "commands"): "Programs that the capability commands may start, by name.",
    ("GrantTable", "secret"): "See below.",
    ("GrantTable", "database"): "See below.",
    ("GrantTable", "config"): "What `api.getConfig` gives; no key may look like a secret.",
    ("SecretTable", "name"): "As the manifest names it.",
    ("SecretTable", "host"): "The one host that gets it.",
    ("SecretTable", "header"): "The header that carries it.",
    ("SecretTable", "prefix"): "Before it in the header, as in `Bearer `.",
    ("SecretTable", "env"): "The variable that has it, read when a run needs it.",
    ("SecretTable", "file"): "The file that has it, read when a run needs it.",
    ("DatabaseTable", "name"): "As scripts name it.",
    ("DatabaseTable", "url"): "`sqlite:///PATH` or `postgresql://…`; it is only read.",
    ("DatabaseTable", "rows"): "Of one answer.",
    ("Terms", "budget"): "See below.",
    ("Budget", "model_calls"): "Questions to the model.",
}
HOST: Final[Mapping[str, str]] = {
    "store": "A store or its URL: runs, approvals and the audit log.",
    "policy": "What is granted: `load_policy(path)`, or `Policy.empty()`.",
    "tools": "Tools of the host that a manifest may name.",
    "approver": "Answers calls that need approval. None: questions wait in the store.",
    "secrets": "Values that no plugin is shown and nothing keeps, beside those of the policy.",
    "engine": "`quickjs` or `v8`.",
    "on_metric": "Told of each `api.metrics.emit`.",
    "agent_id": "The job of an agent on whose behalf the plugins run. Set by agents.",
}


def gated() -> Iterable[list[str]]:
    """Sections of the page."""
    yield from (_of_class(*each) for each in _CLASSES)
    yield _of_host()


def _of_class(title: str, how: str, kind: type) -> list[str]:
    docs = field_docs(kind)
    rows = []
    for name, default in _fields(kind):
        effect = docs.get(name) or EFFECTS[kind.__name__, name]
        rows.append((code(name), default, unit_of(name), _range(kind, name), effect))
    return [f"## {title}", "", how, "", *settings(rows)]


def _fields(kind: type) -> Iterable[tuple[str, str]]:
    """Name, default."""
    if is_dataclass(kind):
        for each in fields(kind):
            yield each.name, "must be given" if each.default is MISSING else shown(each.default)
        return
    assert issubclass(kind, BaseModel)
    for name, info in kind.model_fields.items():
        yield name, _default(info)


def _default(info: Any) -> str:
    if info.is_required():
        return "must be given"
    value = info.get_default(call_default_factory=True)
    return "" if isinstance(value, BaseModel) else shown(value)


def _range(kind: type, name: str) -> str:
    """As the field itself says it when it is given a number that no range has."""
    info = getattr(kind, "model_fields", {}).get(name)
    if info is None or info.annotation is not int:
        return ""
    try:
        TypeAdapter(kind).validate_python({name: -1})
    except ValidationError as error:
        said = " ".join(str(each) for each in error.errors() if each["loc"] == (name,))
        found = re.search(r"must be from ([\d,]+) to ([\d,]+)", said)
        return f"{found[1]} to {found[2]}" if found else ""
    return ""


def _of_host() -> list[str]:
    known = [each for each in inspect.signature(PluginHost.__init__).parameters.values() if each.name != "self"]
    if [each.name for each in known] != list(HOST):
        raise SystemExit(f"PluginHost has {[each.name for each in known]}: correct docs/_made/settings_gated.py")
    rows = (
        (
            code(each.name),
            "must be given" if each.default is each.empty else shown(each.default),
            "",
            "",
            HOST[each.name],
        )
        for each in known
    )
    how = "`belljar.plugins.PluginHost(store, policy, ...)`"
    return ["## Host of plugins", "", how, "", *settings(rows)]
