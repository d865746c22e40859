"""The structure of the tree: who imports whom, what is public, what stays pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import belljar

SOURCE = Path(belljar.__file__).parent
ROOMS = (
    "errors", "gate", "guess", "limits", "values", "script", "machine", "snapshot", "journal", "audit", "tools",
    "patch", "packs", "mcp", "typecheck", "telemetry", "store", "harness", "durable", "plugins", "testing", "providers",
    "integrations", "agents", "web", "cli",
)  # fmt: skip
"""Bottom to top."""
IO = {
    "asyncio", "concurrent", "ctypes", "datetime", "io", "os", "pathlib", "random", "secrets", "select", "shutil",
    "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time",
}  # fmt: skip


def imports_of(path: Path) -> set[str]:
    """Full names of all modules that a file imports outside `if TYPE_CHECKING`."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text())]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        todo.extend(ast.iter_child_nodes(node))
    return found


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_a_room_imports_only_rooms_below_it() -> None:
    """The house is a stack: no import points upwards."""
    upwards = [
        (str(path.relative_to(SOURCE)), name)
        for path in sorted(SOURCE.rglob("*.py"))
        if (room := room_of(path)) in ROOMS
        for name in imports_of(path)
        if name.startswith("belljar.") and (other := name.split(".")[1]) in ROOMS
        if ROOMS.index(other) > ROOMS.index(room)
    ]

    assert upwards == []


def test_the_pure_rooms_import_no_io_no_clock_and_no_threads() -> None:
    """values/, script/, patch/ and the step protocol are functions of their arguments."""
    pure = [path for room in ("values", "script", "patch") for path in (SOURCE / room).glob("*.py")]
    pure += [SOURCE / "machine" / f"_{name}.py" for name in ("protocol", "report", "bake", "frozen")]
    pure += [SOURCE / "errors.py", SOURCE / "guess.py", SOURCE / "limits.py"]

    impure = {path.name: used for path in pure if (used := {n.split(".")[0] for n in imports_of(path)} & IO)}

    assert impure == {}


def test_only_the_watchdog_and_the_workers_have_a_clock_in_the_machine_room() -> None:
    """A machine measures nothing itself: time comes in with the steps."""
    modules = {path.name: imports_of(path) for path in (SOURCE / "machine").glob("*.py")}

    assert {name for name, used in modules.items() if used & {"time", "datetime"}} == {"_watchdog.py", "_worker.py"}
    assert {name for name, used in modules.items() if "threading" in used} == {
        "_machine.py", "_watchdog.py", "_engine.py", "_remote.py", "_workers.py",
    }  # fmt: skip


def test_only_the_workers_start_processes_in_the_machine_room() -> None:
    """The process of an engine stays in one small file; V8's program imports of belljar what confines it, no more."""
    modules = {path.name: imports_of(path) for path in (SOURCE / "machine").glob("*.py")}

    assert {name for name, used in modules.items() if "subprocess" in used} == {"_worker.py"}
    ours = {
        name: [used for used in modules[name] if used.startswith("belljar")]
        for name in ("_v8_worker.py", "_confine.py")
    }
    assert ours == {"_v8_worker.py": ["belljar.machine._confine"], "_confine.py": []}


def test_every_public_name_can_be_imported() -> None:
    """`__all__` is what there is, and every name of it loads."""
    assert sorted(belljar.__all__) == belljar.__all__
    assert all(getattr(belljar, name) is not None for name in belljar.__all__)


def test_importing_belljar_brings_no_engine_no_parser_and_no_pydantic() -> None:
    """`import belljar` is cheap: what is heavy loads with its first use."""
    heavy = "{'wasmtime', 'tree_sitter', 'pydantic', 'typer', 'rich'}"
    program = f"import sys, belljar; print(*sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  (our own interpreter)

    assert done.stdout.strip() == ""


def test_a_harness_brings_no_framework_and_no_extra() -> None:
    """Whoever runs a script pays for what the script needs: no SDK, no MCP, no telemetry, no web server."""
    extras = "{'mcp', 'openai', 'anthropic', 'pydantic_ai', 'agents', 'langchain', 'opentelemetry', 'starlette'}"
    program = f"import sys, belljar; belljar.run('1'); print(*sorted({extras} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  (our own interpreter)

    assert done.stdout.strip() == ""


def test_every_room_is_in_the_stack() -> None:
    """A new room has its place between two others."""
    rooms = {room_of(path) for path in SOURCE.rglob("*.py")} - {"__init__", "__main__"}

    assert rooms == set(ROOMS)
