"""Programs that end in the errors of plugins; they are run with the gate open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PLUGIN: Final = """\
manifest = Manifest(
    name="fx-report",
    version="1.0.0",
    description="Rates of the day.",
    author="Acme",
    entry_point="main",%s
)
plugin = Plugin(manifest=manifest, source="export async function main(api, input) { %s }")
"""
_IMPORTS: Final = """\
import asyncio

from belljar.plugins import Manifest, Plugin, PluginHost, Policy
from belljar.store import open_store

"""
_RUN: Final = """

async def main():
    with open_store("runs.db") as store:
        async with PluginHost(store, Policy.empty()) as host:
            %s


asyncio.run(main())
"""

GATED: Final[Mapping[str, str]] = {
    "CapabilityRefusedError": (
        _IMPORTS
        + _PLUGIN % ("", "await api.getConfig('base')")
        + _RUN % "outcome = await host.run(plugin)\n            raise outcome.error"
    ),
    "ManifestError": """\
from pathlib import Path

from belljar.plugins import load

folder = Path("fx-report")
folder.mkdir()
(folder / "plugin.toml").write_text('name = "FX report"\\nversion = "1.0"\\ncapabilties = ["network"]\\n')
(folder / "plugin.ts").write_text("export const main = () => 1;")
load(folder)
""",
    "PluginSignatureError": (
        "from belljar.plugins import Manifest, Plugin, verify\n\n" + _PLUGIN % ("", "return 1") + "verify(plugin, [])\n"
    ),
    "PolicyRefusedError": (
        _IMPORTS
        + _PLUGIN % ('\n    capabilities=("network",),\n    hosts=("api.example.com",),', "return 1")
        + _RUN % "await host.run(plugin)"
    ),
    "SecretFoundError": (
        _IMPORTS
        + _PLUGIN % ("", "return 1")
        + _RUN % 'await host.run(plugin, {"repository": {"token": "ghp_" + "a1B2c3D4e" * 4}})'
    ),
}
"""No token stands here in one piece: whoever looks for secrets in this tree shall find none."""
