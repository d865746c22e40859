"""What lock files pin, as the plugin in the jar reads it: name, version and line, and nothing left out in silence."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_support import grown, source

from belljar.agents.security import _plugin
from belljar.agents.security._locks import InventoryError, Locked, locked
from belljar.agents.security._plugin import FOLDER, inventory_of, inventory_plugin, policy_for
from belljar.agents.security._toml import toml_inventory
from belljar.plugins import load
from belljar.store import QueueLimits, RunRequest, Store, open_store


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(str(tmp_path_factory.mktemp("runs") / "runs.db")) as opened:
        yield opened


def read(store: Store, root: Path, *names: str) -> Locked:
    async def work() -> Locked:
        async with inventory_of(store, root) as plugin:

            async def inventory(asked: Mapping[str, Any]) -> Any:
                return toml_inventory(root / asked["path"]) if asked["kind"] == "toml" else await plugin(asked)

            others = [source(path.relative_to(root).as_posix()) for path in root.rglob("*") if path.is_file()]
            return await locked([source(name) for name in names], inventory, others)

    return asyncio.run(work())


def pins(found: Locked) -> list[tuple[str, str, int]]:
    return [(each.name, each.version, each.line) for each in found.pinned]


def problems(found: Locked) -> list[tuple[int, str]]:
    return [(each.line, each.message) for each in found.findings]


def unread(found: Locked) -> list[str]:
    """Why files were not read to their end; each is an error of the scan."""
    assert {each.level for each in found.problems} <= {"error"}
    return [each.message.removeprefix("the lock file was not read from ") for each in found.problems]


REQUIREMENTS = """\
# made by a tool
--index-url https://pypi.example/simple
-r base-requirements.txt
-r other.txt
Jinja2==3.1.2
requests[socks] == 2.31.0 ; python_version < "4"  # why
flask===2.0 \\
    --hash=sha256:0123456789 \\
    --hash=sha256:abcdef
urllib3>=1.26
django==3.*
-e git+https://git.example/x.git#egg=x
tool @ https://files.example/tool.whl
./local

idna==3.7"""


def test_requirements_of_pip(runs: Store, tmp_path: Path) -> None:
    """Pins with ==, extras, markers and hashes over several lines; what is none is told with its line."""
    root = grown(tmp_path, {"requirements.txt": REQUIREMENTS, "base-requirements.txt": ""})
    found = read(runs, root, "requirements.txt")

    assert pins(found) == [("Jinja2", "3.1.2", 5), ("requests", "2.31.0", 6), ("flask", "2.0", 7), ("idna", "3.7", 16)]
    assert problems(found) == [
        (10, "2 requirements are not pinned with ==, so no advisory was compared."),
        (12, "A requirement is an address or a folder, and no release that advisories are about."),
        (13, "A requirement is an address or a folder, and no release that advisories are about."),
        (14, "A requirement is an address or a folder, and no release that advisories are about."),
    ]
    assert [each.message for each in found.problems] == [
        "the lock file names in line 4 a further file that was not looked at"
    ]
    assert {each.ecosystem for each in found.pinned} == {"PyPI"}
    assert {(each.severity, each.rule) for each in found.findings} == {("low", "dependency-unreadable")}


def test_what_requirements_include_is_read_whatever_it_is_called(runs: Store, tmp_path: Path) -> None:
    """Once, however often and in whatever circle; what lies outside of the folder is not."""
    texts = {
        "requirements.txt": "-r more/evil.lst\n-r ../outside.txt\n",
        "more/evil.lst": "evil==1.0\n--constraint=../requirements.txt\n-c again.lst\n-r again.lst\n",
        "more/again.lst": "six==1.0\n",
    }
    (tmp_path / "outside.txt").write_text("x==1\n")
    found = read(runs, grown(tmp_path / "tree", texts), "requirements.txt")

    assert [(each.name, each.path, each.line) for each in found.pinned] == [
        ("evil", "more/evil.lst", 1),
        ("six", "more/again.lst", 1),
    ]
    assert [(each.path, each.message) for each in found.problems] == [
        ("requirements.txt", "the lock file names in line 2 a further file that was not looked at")
    ]


@pytest.mark.parametrize("end", ["\v", "\f", "\r", "\x1c", "\x1e", "\x85", "\u2028", "\u2029"])
def test_a_line_ends_where_pip_says(runs: Store, tmp_path: Path, end: str) -> None:
    """A comment hides no requirement that pip reads as a line of its own."""
    root = grown(tmp_path, {"requirements.txt": f"six==1.0  # why{end}evil (==1.0)\nlast==2\n"})

    assert pins(read(runs, root, "requirements.txt")) == [("six", "1.0", 1), ("evil", "1.0", 1), ("last", "2", 2)]


UV = '''\
version = 1
requires-python = ">=3.11"
resolution-markers = [
    "python_version < '3.13'",
]

[[package]]
name = "app"
version = "0.1.0"
source = { editable = "." }

[[package]]
name = "anyio"
version = "4.4.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "idna" },
]

[package.optional-dependencies]
name = "no package"
version = "9"

[[package]]
name = 'idna' # a comment
version = '3.7'
description = """
[[package]]
name = "fake"
version = "1"
"""
'''


def test_locks_of_uv_and_poetry(runs: Store, tmp_path: Path) -> None:
    """The tables named package, each at its version's line; the project itself, subtables and texts are none."""
    poetry = '[[package]]\nname = "six"\nversion = "1.16.0"\n[[package]]\nname = "x"\n[metadata]\nversion = "2"\n'
    root = grown(tmp_path, {"uv.lock": UV, "poetry.lock": poetry})

    uv = read(runs, root, "uv.lock")
    assert (pins(uv), problems(uv)) == ([("anyio", "4.4.0", 14), ("idna", "3.7", 26)], [])
    found = read(runs, root, "poetry.lock")
    assert (pins(found), problems(found)) == ([("six", "1.16.0", 3)], [(5, "A package has no version.")])


def npm(version: int, **sections: Any) -> str:
    return json.dumps({"name": "app", "version": "1.0.0", "lockfileVersion": version, **sections}, indent=2)


PACKAGES = {
    "": {"name": "app", "version": "1.0.0", "dependencies": {"lodash": "^4.0.0"}},
    "packages/own": {"name": "own", "version": "0.0.1"},
    "node_modules/own": {"resolved": "packages/own", "link": True},
    "node_modules/lodash": {"version": "4.17.20", "dependencies": {"version": "^2.0.0"}},
    "node_modules/@scope/a": {"version": "1.0.0", "engines": [{"version": "9"}, "x"]},
    "node_modules/@scope/a/node_modules/b": {"version": "2.0.0-rc.1"},
    "node_modules/alias": {"name": "real", "version": "3.0.0"},
    "node_modules/escaped\\u0041": {"version": "1.1.1"},
    "node_modules/none": {},
}
NESTED = {
    "lodash": {"version": "4.17.20", "requires": {"x": "^1.0.0"}},
    "a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0", "dependencies": {"c": {"version": "3.0.0"}}}}},
    "alias": {"version": "npm:real@3.0.0"},
    "git": {"version": "git+ssh://git@host/x.git#abc"},
}


def test_locks_of_npm_with_packages(runs: Store, tmp_path: Path) -> None:
    """Versions 2 and 3: by the folder's name or the package's own; links and workspaces are the repository's own."""
    for version in (2, 3):
        root = grown(tmp_path, {"package-lock.json": npm(version, packages=PACKAGES)})
        found = read(runs, root, "package-lock.json")

        assert [pin[:2] for pin in pins(found)] == [
            ("lodash", "4.17.20"),
            ("@scope/a", "1.0.0"),
            ("b", "2.0.0-rc.1"),
            ("real", "3.0.0"),
            ("escaped\\u0041", "1.1.1"),
        ]
        lines = (root / "package-lock.json").read_text().split("\n")
        assert all(f'"version": "{version}"' in lines[line - 1] for _, version, line in pins(found))
        assert [message for _, message in problems(found)] == ["A package has no version."]


def test_locks_of_npm_with_nested_dependencies(runs: Store, tmp_path: Path) -> None:
    """Version 1: at any depth. Version 2 has both lists, and each package counts once."""
    root = grown(tmp_path, {"package-lock.json": npm(1, requires=True, dependencies=NESTED)})
    expected = ["a 1.0.0", "b 2.0.0", "c 3.0.0", "git git+ssh://git@host/x.git#abc", "lodash 4.17.20", "real 3.0.0"]
    assert sorted(f"{name} {version}" for name, version, _ in pins(read(runs, root, "package-lock.json"))) == expected

    both = {"node_modules/lodash": PACKAGES["node_modules/lodash"]}
    grown(tmp_path, {"package-lock.json": npm(2, packages=both, dependencies={"lodash": {"version": "4.17.20"}})})
    assert pins(read(runs, root, "package-lock.json")) == [("lodash", "4.17.20", 7)]


@pytest.mark.parametrize("gap", [None, 1])
def test_a_lock_of_npm_may_have_any_layout(runs: Store, tmp_path: Path, gap: int | None) -> None:
    """On one line, or with other blanks than npm's own."""
    text = json.dumps(json.loads(npm(3, packages=PACKAGES)), indent=gap)
    found = read(runs, grown(tmp_path, {"package-lock.json": text}), "package-lock.json")

    assert [name for name, _, _ in pins(found)] == ["lodash", "@scope/a", "b", "real", "escaped\\u0041"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1 on: is no whole JSON: it ends too soon"),
        ("{}", "line 1 on: has no lockfileVersion: it may be no lock file of npm"),
        ("[]", "line 1 on: has no lockfileVersion: it may be no lock file of npm"),
        ('"text"', "line 1 on: is no JSON object"),
        ('{"lockfileVersion": 3', "line 1 on: is no whole JSON: it ends too soon"),
        ('{\n"lockfileVersion": 3]', "line 2 on: is no JSON: a bracket does not fit"),
        ('{"lockfileVersion": 9}', "line 1 on: has a version of lock files that is not known"),
        ('{"lockfileVersion": 3}\n{}', "line 2 on: is no JSON: there is something behind its end"),
        ('{"lockfileVersion": 3, "a', "line 1 on: is no JSON: a string does not end"),
        ("[" * 1_000, "line 1 on: is nested too deep"),
        (b"\xff{}", "line 1 on: "),
        ("[" + '"' + "a" * 300_000 + '"', "line 1 on: a line is too long to be read"),
    ],
)
def test_a_lock_of_npm_that_cannot_be_read_is_told_of(
    runs: Store, tmp_path: Path, text: str | bytes, expected: str
) -> None:
    """With its line, and the scan is not whole; the plugin neither fails nor hangs over it."""
    found = read(runs, grown(tmp_path, {"package-lock.json": text}), "package-lock.json")

    assert (pins(found), problems(found)) == ([], [])
    assert len(found.problems) == 1
    assert unread(found)[0].startswith(expected)


EVIL = 'name = "evil"\nversion = "1.0"\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"# it's '''\n[[package]]\n{EVIL}# '''\n", 4),
        ("description = \"a ''' b\"\n[[package]]\n" + EVIL, 4),
        ('package = [{name = "evil", version = "1.0"}]', 1),
        (f'[["package"]]\n{EVIL}', 3),
        (f"[[ package ]]\n{EVIL}", 3),
        (f'[[package]]\n{EVIL}source = {{ registry = "https://pypi.org/simple?directory=1" }}', 3),
        ("   [[package]]\n" + " " * 25 + 'name = "evil"\n' + " " * 25 + 'version = "1.0"', 1),
        (f'[[package]]\n{EVIL}source = {{ registry = "https://pypi.org/simple", directory = "." }}', 3),
        ('[[package]]\n"version" = "1.0"\n"na\\u006de" = "evil"', 1),
    ],
)
def test_no_spelling_of_toml_hides_a_package(tmp_path: Path, text: str, line: int) -> None:
    """What is a package to uv is one here."""
    empty: dict[str, Any] = {"problems": [], "unread": [], "included": [], "next": None, "state": None}
    for name in ("uv.lock", "poetry.lock"):
        answer = toml_inventory(grown(tmp_path, {name: text}) / name)
        assert answer == {"pinned": [("evil", "1.0", line)], **empty}


def test_only_uv_lists_the_project_itself(tmp_path: Path) -> None:
    """In poetry.lock such a source means nothing."""
    text = f'[[package]]\n{EVIL}[package.source]\nvirtual = "x"\n'
    root = grown(tmp_path, {"poetry.lock": text, "uv.lock": text})

    assert toml_inventory(root / "poetry.lock")["pinned"] == [("evil", "1.0", 3)]
    assert toml_inventory(root / "uv.lock")["pinned"] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (1, "has no list of packages: it may be no lock file")),
        ("package = 1", (1, "has no list of packages: it may be no lock file")),
        ("package = [1]", (1, "has no list of packages: it may be no lock file")),
        ("a = 1\n[[package", (1, "is no TOML that can be read")),
        ("[package]\n[[package]]", (2, "is no TOML that can be read")),
        ("a = " + "[" * 5_000, (1, "is no TOML that can be read")),
    ],
)
def test_a_toml_lock_that_cannot_be_read_is_told_of(tmp_path: Path, text: str, expected: tuple[int, str]) -> None:
    """With its line, where there is one; a folder in place of the repository's own is no reason."""
    answer = toml_inventory(grown(tmp_path, {"uv.lock": text}) / "uv.lock")

    assert (answer["pinned"], answer["unread"]) == ([], [expected])


@pytest.mark.slow
def test_a_large_lock_file_is_read_in_parts(runs: Store, tmp_path: Path) -> None:
    """3,500 packages in 700 kB: several runs of the plugin, each within its time and memory, and none is lost."""
    packages = {
        f"node_modules/package-{n}": {"version": f"1.0.{n}", "integrity": "sha512-" + f"{n:086d}==", "dev": True}
        for n in range(3_500)
    }
    root = grown(tmp_path, {"package-lock.json": npm(3, packages=packages)})
    begin = time.monotonic()
    found = read(runs, root, "package-lock.json")

    assert [pin[:2] for pin in pins(found)] == [(f"package-{n}", f"1.0.{n}") for n in range(3_500)]
    assert problems(found) == []
    assert (root / "package-lock.json").stat().st_size > 650_000
    assert time.monotonic() - begin < 60


def test_parts_go_on_with_what_was_begun(runs: Store, tmp_path: Path) -> None:
    """A requirement whose lines lie in two parts is one: 1,000 others before it fill the first part."""
    lines = [f"p{n}==1.{n}" for n in range(1_000)] + ["last \\", "==2.0", "loose"]
    found = read(runs, grown(tmp_path, {"requirements.txt": "\n".join(lines)}), "requirements.txt")
    assert pins(found)[-1] == ("last", "2.0", 1_001)
    assert problems(found) == [(1_003, "1 requirement is not pinned with ==, so no advisory was compared.")]


def test_the_plugin_may_read_files_and_nothing_else() -> None:
    """In its manifest, and in the grant that the scan gives it for one folder."""
    plugin = inventory_plugin()
    grant = policy_for(Path("/somewhere")).grant_for(plugin, None)

    assert plugin == load(FOLDER)
    assert plugin.manifest.capabilities == grant.capabilities == ("files.read",)
    assert (plugin.manifest.limits.timeout_ms, plugin.manifest.limits.memory_mb) == (10_000, 50)
    assert (grant.hosts, grant.secrets, grant.tools, grant.workspace) == ((), (), (), Path("/somewhere"))


def test_the_plugin_reads_no_file_outside_of_the_folder(runs: Store, tmp_path: Path) -> None:
    """A path that leads out, or a link, is refused by the tool; the finding has no word of the file."""
    grown(tmp_path, {"secret.txt": "abc==1.0\n", "tree/requirements.txt": "x==1\n"})
    (tmp_path / "tree/linked-requirements.txt").symlink_to(tmp_path / "secret.txt")

    for name in ("../secret.txt", "linked-requirements.txt", "missing-requirements.txt"):
        found = read(runs, tmp_path / "tree", name)
        assert pins(found) == []
        assert unread(found)[0].startswith("line 1 on: ")


def test_every_run_of_the_plugin_is_on_record_by_its_checksum(runs: Store, tmp_path: Path) -> None:
    """Its calls, too."""
    read(runs, grown(tmp_path, {"requirements.txt": "x==1\n"}), "requirements.txt")
    events = {record.facts["event"] for record in runs.audit.find(text=inventory_plugin().checksum, limit=1_000)}

    assert {"gate.used", "run.started", "call.intended", "call.done", "run.ended"} <= events


def test_runs_of_dead_scans_keep_no_place(tmp_path: Path) -> None:
    """A scan that was killed leaves a run behind; the next one ends it, and reads its lock file."""
    root, url = grown(tmp_path / "tree", {"requirements.txt": "x==1\n"}), str(tmp_path / "runs.db")
    with open_store(url) as store:
        assert pins(read(store, root, "requirements.txt")) == [("x", "1", 1)]
        queue = store.queues.all()[0].name
        store.queues.put(QueueLimits(name=queue, concurrency=1))
        with open_store(url, worker="elsewhere:1:00000000") as dead:
            dead.runs.begin(RunRequest(source="1"), run_id="left", queue=queue, now_ms=1)

        assert pins(read(store, root, "requirements.txt")) == [("x", "1", 1)]
        assert store.runs.get("left").state == "cancelled"


def test_a_scan_waits_for_a_place_and_not_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where other scans have them all: the lock file is unread then, and the scan is not whole."""
    monkeypatch.setattr(_plugin, "_TRIES", 2)
    monkeypatch.setattr(_plugin, "_TRY_S", 0.001)
    root = grown(tmp_path / "tree", {"requirements.txt": "x==1\n"})
    with open_store(str(tmp_path / "runs.db")) as store:
        read(store, root, "requirements.txt")
        queue = store.queues.all()[0].name
        store.queues.put(QueueLimits(name=queue, concurrency=1))
        store.runs.begin(RunRequest(source="1"), run_id="mine", queue=queue, now_ms=1)

        assert unread(read(store, root, "requirements.txt")) == [
            "line 1 on: as many other scans read lock files as may at once"
        ]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"pinned": [], "problems": [], "next": None, "state": None},
        {"pinned": [["a", "1", 0]], "problems": [], "unread": [], "included": [], "next": None, "state": None},
        {"pinned": [["a", 1, 1]], "problems": [], "unread": [], "included": [], "next": None, "state": None},
        {"pinned": [], "problems": [[1]], "unread": [], "included": [], "next": None, "state": None},
        {"pinned": [["a" * 1_001, "1", 1]], "problems": [], "unread": [], "included": [], "next": None, "state": None},
    ],
)
def test_an_answer_of_another_form_is_not_believed(answer: Any) -> None:
    """Whatever the jar gives is checked, and the file is told of as unread."""

    async def inventory(_asked: Any) -> Any:
        return answer

    found = asyncio.run(locked([source("uv.lock")], inventory))
    assert unread(found) == ["line 1 on: the inventory's answer is none"]


def test_a_plugin_that_never_comes_to_an_end_is_left() -> None:
    """After 100 parts; what it found until then counts."""

    async def inventory(asked: Any) -> Any:
        pinned = [["a", "1", asked["start"]]]
        return {"pinned": pinned, "problems": [], "unread": [], "included": [], "next": asked["start"] + 1, "state": {}}

    found = asyncio.run(locked([source("uv.lock")], inventory))
    assert pins(found) == [("a", "1", 1)]
    assert unread(found) == ["line 101 on: it has too many parts"]


def test_a_plugin_that_fails_is_told_with_its_reason() -> None:
    """A run over its limits, for instance."""

    async def inventory(_asked: Any) -> Any:
        raise InventoryError("ScriptTimeoutError: too long")

    found = asyncio.run(locked([source("poetry.lock")], inventory))
    assert unread(found) == ["line 1 on: ScriptTimeoutError: too long"]


def test_a_password_in_an_address_of_a_lock_file_gets_nowhere(tmp_path: Path) -> None:
    """The plugin is shown the file without it, so neither its answers nor the store have it."""
    text = npm(3, packages={"node_modules/a": {"version": "1.0.0", "resolved": "https://u:hunter22x@reg.example/a"}})
    root = grown(tmp_path / "tree", {"package-lock.json": text})
    with open_store(str(tmp_path / "runs.db")) as store:
        assert [pin[:2] for pin in pins(read(store, root, "package-lock.json"))] == [("a", "1.0.0")]

        written = b"".join(file.read_bytes() for file in tmp_path.glob("runs.db*"))
    assert b"reg.example" in written
    assert b"hunter22x" not in written


@pytest.mark.slow
@given(
    st.sampled_from(["npm", "pip"]),
    st.lists(
        st.sampled_from(["{", "}", "[", "]", '"', ":", ",", "\n", "\\", "=", "==", "#", " ", "-r"])
        | st.sampled_from(
            ['"packages"', '"version"', '"dependencies"', '"1.0"', "name", "version", "null", "a", "\x00", "é"]
        ),
        max_size=60,
    ),
)
@settings(derandomize=True, deadline=None, max_examples=15)
def test_any_text_comes_to_an_end(runs: Store, kind: str, parts: list[str]) -> None:
    """With pins within the text, or with findings; the plugin itself never fails."""
    with tempfile.TemporaryDirectory() as folder:
        name = {"npm": "package-lock.json", "pip": "requirements.txt"}[kind]
        text = "".join(parts)
        found = read(runs, grown(Path(folder), {name: text}), name)

    lines = text.count("\n") + 1
    assert all(
        1 <= line <= lines for line in [*(each[2] for each in pins(found)), *(each[0] for each in problems(found))]
    )
    assert not [message for message in unread(found) if "Error" in message]
