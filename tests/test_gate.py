"""The gate in front of plugins and agents: how it is opened, and that nothing else opens it or leads around it."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cli_support import Cli

import belljar
from belljar import gate
from belljar.audit import secret_spans
from belljar.cli._app import app
from belljar.errors import FeatureDisabledError

SOURCE = Path(belljar.__file__).parent
ROOT = SOURCE.parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "phase5-infra.yml"
GATED = ("belljar.plugins", "belljar.agents")


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that was started without the variable."""
    monkeypatch.setattr(gate, "_is_on", False)


def fresh_gate(monkeypatch: pytest.MonkeyPatch, value: str | None) -> ModuleType:
    """The module as a new process with this environment has it."""
    if value is None:
        monkeypatch.delenv(gate.VARIABLE, raising=False)
    else:
        monkeypatch.setenv(gate.VARIABLE, value)
    spec = importlib.util.spec_from_file_location("another_gate", gate.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- how it is opened -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1", "true", "on"])
def test_three_words_open_the_gate(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Letter by letter."""
    opened = fresh_gate(monkeypatch, value)

    assert opened.is_on()
    opened.require("anything")


@pytest.mark.parametrize(
    "value", [None, "", "0", "TRUE", "True", "ON", "yes", "y", " 1", "1 ", "1\n", "01", "enable", "off", "\uff11"]
)
def test_no_other_word_does(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """A word that was meant otherwise leaves it closed; the error says how it is opened."""
    opened = fresh_gate(monkeypatch, value)

    assert not opened.is_on()
    with pytest.raises(FeatureDisabledError) as raised:
        opened.require("belljar.plugins")
    assert raised.value.to_dict() | {"details": {}} == {
        **raised.value.to_dict(),
        "code": "FeatureDisabledError",
        "message": "belljar.plugins is switched off",
        "hint": "An operator switches it on with PHASE5_ENABLE=1, before belljar starts.",
        "details": {},
    }


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program writes there later neither opens the gate nor closes it."""
    before = fresh_gate(monkeypatch, None)
    monkeypatch.setenv(gate.VARIABLE, "1")
    after = fresh_gate(monkeypatch, "1")
    monkeypatch.delenv(gate.VARIABLE)

    assert (before.is_on(), after.is_on()) == (False, True)


@pytest.mark.usefixtures("closed")
def test_a_script_cannot_open_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script sees no environment; a tool that writes there on its behalf changes nothing either."""
    monkeypatch.delenv(gate.VARIABLE, raising=False)

    @belljar.tool
    def setenv(name: str, value: str) -> str:
        """Write into the environment of the host."""
        monkeypatch.setenv(name, value)
        return os.environ[name]

    outcome = belljar.run(
        "const seen = typeof (globalThis as any).process;\n"
        "return [seen, await tools.setenv({ name: 'PHASE5_ENABLE', value: '1' })]",
        tools=[setenv],
    )

    assert (outcome.value, gate.is_on()) == (["undefined", "1"], False)


# -- nothing leads around it ------------------------------------------------------------------------------------------

LOOK = r"""
import importlib, json, pkgutil, sys
import belljar
from belljar.errors import FeatureDisabledError

gated = ("belljar.plugins", "belljar.agents")
def is_gated(name):
    return any(name == each or name.startswith(each + ".") for each in gated)

refused, loaded = {}, []
for found in pkgutil.walk_packages(belljar.__path__, "belljar.", onerror=lambda name: None):
    if found.name == "belljar.__main__" or found.name.startswith("belljar.integrations."):
        continue  # the frameworks of the latter take seconds; the test of imports reads them
    try:
        importlib.import_module(found.name)
        loaded.append(found.name)
    except FeatureDisabledError as error:
        refused[found.name] = error.message
    except ImportError:
        pass  # an extra that is not installed
leads = [
    f"{name}.{key}"
    for name, module in list(sys.modules.items()) if name.startswith("belljar") and not is_gated(name)
    for key, value in list(vars(module).items())
    if is_gated(str(getattr(value, "__module__", "") or "")) or is_gated(str(getattr(value, "__name__", "")))
]
import os
os.environ["PHASE5_ENABLE"] = "1"
late = {}
for name in ("belljar.plugins", "belljar.agents", "belljar.plugins._manifest", "belljar.agents._registry"):
    try:
        importlib.import_module(name)
        late[name] = "loaded"
    except FeatureDisabledError as error:
        late[name] = error.code
print(json.dumps({
    "refused": refused, "loaded": loaded, "leads": leads, "late": late,
    "there": [name for name in sys.modules if is_gated(name)],
    "names": [name for name in belljar.__all__ if is_gated(getattr(belljar, name).__module__ or "")
              if hasattr(getattr(belljar, name), "__module__")],
}))
"""


@pytest.fixture(scope="module")
def seen() -> Any:
    """What a process without the variable finds when it imports every module of the library."""
    environment = {name: value for name, value in os.environ.items() if name != gate.VARIABLE}
    found = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "ignore", "-c", LOOK],
        env={**environment, "PYTHONPATH": str(SOURCE.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(found.stdout)


@pytest.mark.slow
def test_the_gated_packages_do_not_load(seen: Any) -> None:
    """Neither they nor anything in them; the pages and commands of theirs neither. All else does."""
    faces = ("belljar.cli._plugin", "belljar.cli._agents", "belljar.web._agents")

    assert set(GATED) <= set(seen["refused"])
    assert [name for name in seen["refused"] if not name.startswith((*GATED, *faces))] == []
    assert [name for name in seen["loaded"] if name.startswith(GATED)] == []
    assert {"belljar.cli._app_plugin", "belljar.cli._app_agents", "belljar.mcp", "belljar.harness"} <= set(
        seen["loaded"]
    )


@pytest.mark.slow
def test_no_name_of_the_library_leads_to_a_gated_one(seen: Any) -> None:
    """In no module that loads without the gate is there an object of theirs."""
    assert (seen["leads"], seen["there"], seen["names"]) == ([], [], [])


@pytest.mark.slow
def test_it_is_too_late_once_belljar_is_there(seen: Any) -> None:
    """The variable that is set afterwards opens nothing."""
    assert set(seen["late"].values()) == {"FeatureDisabledError"}


def test_only_their_own_faces_import_them() -> None:
    """What is not behind the gate names a gated package at most inside of a function, after it asked."""
    allowed = re.compile(r"(plugins|agents)/|cli/_(plugin|agents)\w*\.py|web/_agents\.py")
    above = {
        str(path.relative_to(SOURCE)): names
        for path in sorted(SOURCE.rglob("*.py"))
        if not allowed.match(path.relative_to(SOURCE).as_posix())
        if re.search(r"plugins|agents", text := path.read_text(encoding="utf-8"))  # parsing all takes a second
        if (names := list(_gated_imports(ast.parse(text))))
    }

    assert above == {}


def _gated_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module == "belljar":
            names += [f"belljar.{each.name}" for each in node.names]
        yield from (name for name in names if name.startswith(GATED))


# -- the command line, the console, MCP -------------------------------------------------------------------------------

ARGUMENTS = {
    "plugin init": ["nowhere"],
    "plugin check": ["nowhere"],
    "plugin sign": ["nowhere", "--key", "nowhere.pem"],
    "plugin verify": ["nowhere"],
    "plugin approve": ["nowhere", "--policy", "nowhere.toml"],
    "plugin run": ["nowhere", "--policy", "nowhere.toml"],
    "plugin list": ["nowhere"],
    "agents list": [],
    "agents status": ["nobody", "--store", "nowhere.db"],
    "agents stop": ["nobody", "--store", "nowhere.db"],
    "agents run": ["--resume", "nobody", "--store", "nowhere.db"],
    "agents run security-scan": ["nowhere", "--store", "nowhere.db"],
    "agents run code-generation": ["nowhere.md", "--model", "scripted:nowhere", "--store", "nowhere.db"],
}
"""Of every gated command: what it is given here is nowhere, so a command that looked would say so."""


def test_every_gated_command_is_in_the_list() -> None:
    """A new one is not forgotten."""
    found = {
        " ".join(path)
        for path in _commands(app, ())
        if path[0] in ("plugin", "agents") and path not in (("plugin",), ("agents",))
    }

    assert found == set(ARGUMENTS)


def _commands(part: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for command in part.registered_commands:
        yield (*above, command.name or command.callback.__name__.replace("_", "-"))
    for group in part.registered_groups:
        name = (*above, group.typer_instance.info.name)
        yield name
        yield from _commands(group.typer_instance, name)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("command", ARGUMENTS)
def test_a_gated_command_says_so_before_it_reads_anything(cli: Cli, command: str, tmp_path: Path) -> None:
    """Exit code 2, the reason and what to do; no file is made."""
    before = sorted(tmp_path.iterdir())
    ran = cli(*command.split(), *ARGUMENTS[command])

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == (
        f"FeatureDisabledError: belljar {command.split()[0]} is switched off\n"
        "hint: An operator switches it on with PHASE5_ENABLE=1, before belljar starts.\n"
    )
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("closed")
def test_help_still_lists_them(cli: Cli) -> None:
    """So that one can find out what there is to switch on."""
    assert re.findall(r"^  (plugin|agents)  ", cli("--help").stdout, re.M) == ["plugin", "agents"]
    for command in ARGUMENTS:
        ran = cli(*command.split(), "--help")
        assert (ran.code, ran.stderr) == (0, ""), command


@pytest.mark.parametrize("is_open", [False, True])
def test_an_mcp_client_is_offered_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_open: bool) -> None:
    """With the gate closed or open: the server's tools and resources are those of its harness."""
    pytest.importorskip("mcp")
    monkeypatch.setattr(gate, "_is_on", is_open)

    offered = asyncio.run(_offered(tmp_path))

    assert offered != []
    assert [name for name in offered if re.search("plugin|agent", name)] == []


async def _offered(folder: Path) -> list[str]:
    from mcp.client.client import Client

    from belljar.integrations.mcp_server import build_server

    async with belljar.Harness(journal=folder) as harness, Client(build_server(harness)) as client:
        tools, resources = await client.list_tools(), await client.list_resources()
        return [*(each.name for each in tools.tools), *(str(each.uri) for each in resources.resources)]


@pytest.mark.usefixtures("closed")
def test_the_doctor_says_that_it_is_closed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """And which variable it looks at."""
    monkeypatch.setattr("belljar.cli._probes.PROBES", ())

    assert cli("doctor", "--json").document["gate"] == {"variable": "PHASE5_ENABLE", "open": False}
    assert "gate            closed: no plugin and no agent can be used (PHASE5_ENABLE)\n" in cli("doctor").stdout


@pytest.mark.usefixtures("phase5")
def test_the_doctor_says_that_it_is_open(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same place."""
    monkeypatch.setattr("belljar.cli._probes.PROBES", ())

    assert "gate            open: plugins and agents can be used (PHASE5_ENABLE)\n" in cli("doctor").stdout


# -- nothing opens it -------------------------------------------------------------------------------------------------

SETS = re.compile(r"PHASE5_ENABLE['\"]?\]?\s*[=:,]\s*['\"]?(?:1|true|on)\b")
"""An assignment in a shell, a configuration file, a dictionary, or a call of setenv."""
ONE_COMMAND = re.compile(
    r"`PHASE5_ENABLE=1`|PHASE5_ENABLE=1, before belljar starts|(?<![\w-])PHASE5_ENABLE=1 (?:belljar|python|make|uv) "
)
"""What a page may say: the value in prose, the error's hint, or in front of one command."""
CI = (".ci/run", ".github/workflows/phase5-infra.yml")
"""Each for the scan of this repository alone."""
SKIPPED = {".git", ".venv", "build", "dist", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache",
           ".pytest_cache", ".hypothesis", "_guest"}  # fmt: skip


def tree() -> Iterator[tuple[str, str]]:
    """Every text file of the checkout, by name."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(set(folders) - SKIPPED)
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_symlink() or path.stat().st_size > 1 << 20:
                continue
            text = path.read_bytes().decode("utf-8", "replace")
            yield path.relative_to(ROOT).as_posix(), text


def test_nothing_that_is_shipped_opens_the_gate() -> None:
    """Only tests and what CI runs set the variable; pages show it in front of one command, never for a session."""
    setting = [
        (name, line.strip())
        for name, text in tree()
        if "PHASE5_ENABLE" in text and not name.startswith("tests/") and name not in CI
        for line in text.splitlines()
        if SETS.search(ONE_COMMAND.sub("", line) if name.endswith(".md") else line)
    ]

    assert setting == []


def test_only_tests_and_the_generated_pages_reach_behind_the_switch() -> None:
    """Nobody else writes what `gate` read, or makes it read again; the pages describe what is behind it, too."""
    reaching = [
        name
        for name, text in tree()
        if name.endswith((".py", ".md", ".yml", ".toml")) and not name.startswith(("tests/", "docs/_made/"))
        if re.search(r"gate\._is_on|\"_is_on\"|'_is_on'|reload\(gate", text)
    ]

    assert reaching == []


@pytest.mark.parametrize(
    "line",
    ["export PHASE5_ENABLE=1", "PHASE5_ENABLE: '1'", "ENV PHASE5_ENABLE=on", 'os.environ["PHASE5_ENABLE"] = "1"',
     "setenv('PHASE5_ENABLE', 'on')", "PHASE5_ENABLE=1; belljar", "PHASE5_ENABLE = true", '{"PHASE5_ENABLE": "1"}'],
)  # fmt: skip
def test_the_search_finds_what_would_open_it(line: str) -> None:
    """The test above is no empty one."""
    assert SETS.search(ONE_COMMAND.sub("", line))


# -- the workflow -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workflow() -> Any:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))


def test_the_workflow_may_read_and_nothing_else(workflow: Any) -> None:
    """For pushes and pull requests, without a secret, with every action pinned to a commit."""
    text = WORKFLOW.read_text(encoding="utf-8")
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]

    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())
    assert set(workflow[True]) == {"push", "pull_request"}, "YAML 1.1 reads `on` as a truth"
    assert [name for name in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)] == []
    assert [step["with"]["persist-credentials"] for step in steps if "checkout" in step.get("uses", "")] == [False]
    assert "secrets." not in text


def test_the_workflow_opens_the_gate_for_the_scan_alone(workflow: Any) -> None:
    """First the closed gate is tested, then what is behind it; one step has the variable."""
    (job,) = workflow["jobs"].values()
    names = [step.get("name") for step in job["steps"] if "run" in step]
    opened = [step["name"] for step in job["steps"] if gate.VARIABLE in step.get("env", {})]

    assert names == ["Install", "The gate, closed", "Plugins and agents", "Security scan of this repository"]
    assert opened == ["Security scan of this repository"]
    assert "env" not in workflow
    assert "env" not in job


def test_the_workflow_runs_what_there_is(workflow: Any) -> None:
    """Every file that its commands name."""
    (job,) = workflow["jobs"].values()
    named = re.findall(r"(?:tests/|\.github/)[\w./-]+", " ".join(step.get("run", "") for step in job["steps"]))

    assert len(named) > 4
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_baseline_of_the_scan_has_no_secret() -> None:
    """Of what is known it says the rule, the path and digests."""
    text = (ROOT / ".github" / "security-scan-baseline.json").read_text(encoding="utf-8")

    assert {name for row in json.loads(text)["findings"] for name in row} == {"digest", "fingerprint", "path", "rule"}
    assert secret_spans(text) == []
