"""Tools from `MODULE` or `FILE.py`, with `:ATTR` for one of them or for a list of them."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from belljar.errors import UsageError
from belljar.tools import AnyTool, Registry, Tool

if TYPE_CHECKING:
    from belljar.mcp import Target


def load_registry(specs: Iterable[str], *, workspace: Path | None = None) -> Registry:
    """All tools that the specs name, each once, even if two specs name it; and those of a workspace.

    Raises UsageError: no such module, it does not import, no tool in it, two tools of one name, no such folder.
    """
    found = {id(tool): tool for spec in specs for tool in load_tools(spec)}
    return Registry([*found.values(), *(_workspace_tools(workspace) if workspace is not None else ())])


def _workspace_tools(root: Path) -> list[AnyTool]:
    from belljar.packs import core

    return core(root)


def parse_servers(targets: Iterable[str]) -> dict[str, Target] | None:
    """MCP servers by name. Raises UsageError: not NAME=COMMAND or NAME=URL, a name twice, or no `belljar[mcp]`."""
    servers: dict[str, Target] = {}
    for text in targets:
        from belljar.mcp import parse_target

        name, target = parse_target(text)
        if name in servers:
            raise UsageError(f"two MCP servers are named {name!r}")
        servers[name] = target
    return servers or None


def load_tools(spec: str) -> list[AnyTool]:
    """The tools that one spec names, in the order of their definition. Raises UsageError as `load_registry` does."""
    target, attribute = _split(spec)
    module = _module(target)
    tools = _attribute(module, attribute, spec) if attribute else _all_tools(module)
    if not tools:
        raise UsageError(f"there is no tool in {spec}", hint="Put @belljar.tool above a function in it.")
    return tools


def _split(spec: str) -> tuple[str, str]:
    head, colon, tail = spec.rpartition(":")
    is_attribute = colon and tail.replace(".", "_").isidentifier()
    return (head, tail) if is_attribute else (spec, "")


def _module(target: str) -> ModuleType:
    if target.endswith(".py") or "/" in target:
        return _imported(target, lambda: _from_file(Path(target)))
    if "" not in sys.path:
        sys.path.insert(0, "")  # a console script's path lacks the folder it was started in
    return _imported(target, lambda: importlib.import_module(target))


def _from_file(path: Path) -> ModuleType:
    """The module of a file, executed once however often it is named."""
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()
    name = f"_belljar_tools_{path.stem}_{digest[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations are resolved through it
    sys.path.insert(0, str(path.resolve().parent))  # as `python FILE.py` does: the file may import its neighbours
    try:
        spec.loader.exec_module(module)
    except BaseException:  # SystemExit too: what did not load must not be found half made
        del sys.modules[name]
        raise
    finally:
        sys.path.pop(0)
    return module


def _imported(target: str, load: Callable[[], ModuleType]) -> ModuleType:
    try:
        return load()
    except (Exception, SystemExit) as error:  # boundary: the user's module may raise anything while it is imported
        where = _where(error)
        raise UsageError(
            f"{target} does not import: {type(error).__name__}{where}: {error}", hint="Run it with python to see more."
        ) from error


def _where(error: BaseException) -> str:
    """The line in the user's own file: the last frame that is not the import machinery."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {error.filename}:{error.lineno}"
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not _is_machinery(each.filename)]
    return f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def _is_machinery(filename: str) -> bool:
    return filename.startswith("<frozen") or filename == __file__ or Path(filename).parent.name == "importlib"


def _attribute(module: ModuleType, attribute: str, spec: str) -> list[AnyTool]:
    found: Any = module
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise UsageError(f"{spec}: there is no {name!r}", hint=f"Tools in it: {_names(module)}.")
        found = getattr(found, name)
    if not isinstance(found, (list, tuple, Registry)):
        found = [found]
    if wrong := [item for item in found if not isinstance(item, Tool) and not callable(item)]:
        raise UsageError(f"{spec} is a {type(wrong[0]).__name__}, no tool and no list of tools")
    return [Tool.of(item) for item in found]


def _all_tools(module: ModuleType) -> list[AnyTool]:
    """Each `@tool` of the module's namespace once; a name with an underscore is the module's own business."""
    found = {id(value): value for name, value in vars(module).items() if isinstance(value, Tool) and name[0] != "_"}
    return [tool for tool in found.values() if not tool.is_method]


def _names(module: ModuleType) -> str:
    return ", ".join(tool.name for tool in _all_tools(module)) or "none"
