"""Other people's scripts, packaged: what one asks for, what an operator grants, and the run that has both.

Gated: without `PHASE5_ENABLE` nothing here loads.

`_manifest` says what a plugin asks for, `_package` reads it from a folder or a zip (`_files`), `_signature` says who
vouches for it. `_policy` is what an operator grants, `_policy_file` reads it (`_policy_tables`, `_policy_rules`);
`_check` holds one against the other, by their `_needs`. Files that people write are read by `_document` (with
`_positions`: what is on which line), held to `_rules`, and what is wrong is told by `_wording` and `_problems`.

`_host` runs what passed (`_run`), with what was approved (`_approvals`). `_entry` makes the script's last line, `_api`
what is behind `api` (`_config`, `_schema_check`), `_grants` the tools of each capability: `_workspace` (files),
`_commands`, `_database` (`_query`, `_sqlite`, `_postgres`) and `_repo` (`_git`, `_clean_diff`). `_clean` takes secrets
out of what goes in, `_outlet` out of what comes out. `_apart` has a stranger's work done in a process of its own:
`_schema_worker`, `_sqlite_worker`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from belljar import gate

gate.require("belljar.plugins")

from belljar.plugins._check import Permission, Reason, check  # noqa: E402 - the gate comes first
from belljar.plugins._config import is_secret_config_key  # noqa: E402
from belljar.plugins._manifest import MANIFEST_NAMES, Manifest, ManifestLimits, read_manifest  # noqa: E402
from belljar.plugins._needs import Excess, Needs  # noqa: E402
from belljar.plugins._package import Plugin, load  # noqa: E402
from belljar.plugins._policy import DatabaseGrant, Grant, Policy, PolicyKey, SecretGrant  # noqa: E402
from belljar.plugins._policy_file import load_policy  # noqa: E402
from belljar.plugins._problems import Problem  # noqa: E402
from belljar.plugins._rules import Capability  # noqa: E402
from belljar.plugins._signature import SIGNATURE_NAME, Signature, read_signature, sign, verify  # noqa: E402

if TYPE_CHECKING:
    from belljar.plugins._api import Metric
    from belljar.plugins._host import PluginHost

__all__ = [
    "MANIFEST_NAMES",
    "SIGNATURE_NAME",
    "Capability",
    "DatabaseGrant",
    "Excess",
    "Grant",
    "Manifest",
    "ManifestLimits",
    "Metric",
    "Needs",
    "Permission",
    "Plugin",
    "PluginHost",
    "Policy",
    "PolicyKey",
    "Problem",
    "Reason",
    "SecretGrant",
    "Signature",
    "check",
    "is_secret_config_key",
    "load",
    "load_policy",
    "read_manifest",
    "read_signature",
    "sign",
    "verify",
]

_ON_DEMAND = {"Metric": "belljar.plugins._api", "PluginHost": "belljar.plugins._host"}


def __getattr__(name: str) -> Any:
    """What runs plugins, on demand: it brings the store in, which reading and checking a plugin does not need."""
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ON_DEMAND[name]), name)
