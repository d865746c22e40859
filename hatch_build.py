"""The build hook: compiles the guest into the package, or takes it from the cache of an earlier build."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "guest"))

import build as guest  # noqa: E402  (found in guest/, which is no package)


class GuestBuildHook(BuildHookInterface[Any]):
    """Puts guest.wasm, prelude.js and their facts into belljar/_guest."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What compiling needs; nothing where the guest is cached or shipped with this source distribution."""
        if self.target_name == "sdist" or guest.is_cached():
            return []
        return [f"ziglang=={guest.lock()['ziglang']}", "pip"]

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Build for wheels and editable installs; a source distribution carries the sources."""
        if self.target_name == "sdist":
            return
        guest.build(ROOT / "src" / "belljar" / "_guest")
        build_data["artifacts"].append("src/belljar/_guest/*")
