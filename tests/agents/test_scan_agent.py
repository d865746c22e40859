"""The scan as an agent: what it looks at, what it cannot look at, how it goes on after a death and ends at a stop."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scan_support import GITHUB, Steps, grown, here, scanned, source  # noqa: F401 - a fixture

from belljar.agents._job import Job
from belljar.agents._registry import AGENTS
from belljar.agents._steps import DATA_BYTES, STEPS
from belljar.agents.security import (
    ScanFinding,
    ScanOptions,
    ScanProblem,
    ScanReport,
    _batch,
    _child,
    _kept,
    _scan,
    _tracked,
    _walk,
    _worker,
    scan,
    to_json,
)
from belljar.agents.security._batch import Found, batches, divided
from belljar.agents.security._child import Child, ChildFailedError, answer_of
from belljar.agents.security._kept import kept, of_kept, size_of
from belljar.agents.security._walk import SourceFile, walk
from belljar.errors import AgentStoppedError, UsageError
from belljar.packs._plain_file import begun
from belljar.store import Store, open_store

AGENT = AGENTS["security-scan"]
TREE = {
    "app.py": "import subprocess\nsubprocess.call(x, shell=True)\n",
    "web.js": "eval(req.query.x);\n",
    "notes.txt": f"token {GITHUB}\n",
}

FOUND = [
    ("B602", "app.py", 2),
    ("secret-github-token", "notes.txt", 1),
    ("js-eval", "web.js", 1),
    ("B404", "app.py", 1),
]


@pytest.fixture
def runs(tmp_path: Path) -> Any:
    with open_store(str(tmp_path / "runs.db")) as opened:
        yield opened


def rules(report: ScanReport) -> list[tuple[str, str, int]]:
    return [(finding.rule, finding.path, finding.line) for finding in report.findings]


# -- the job ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_scan_is_a_job_with_a_step_for_each_tool(runs: Store, tmp_path: Path) -> None:
    """Each step and the end are on record under the agent's checksum; its result is in the job, without the folder's
    secrets.
    """
    root = grown(tmp_path / "tree", {**TREE, "requirements.txt": "six==1.0\n"})
    options = ScanOptions(root=root)

    async def work() -> tuple[str, ScanReport]:
        async with Job.begin(runs, AGENT, None, options.to_input()) as job:
            report = await scan(job, ScanOptions.from_input(job.input))
            await job.finish(report.summary())
            return job.id, report

    job_id, report = asyncio.run(work())
    assert rules(report) == FOUND
    assert (report.exit_status, report.is_whole, report.files) == (1, True, 4)
    steps = [each.facts for each in runs.audit.find(event="agent.step", text=job_id)]
    assert sorted(each["details"]["step"] for each in steps) == ["bandit", "dependencies", "js", "secrets", "walk"]
    assert {each["manifest_sha256"] for each in steps} == {AGENT.checksum}
    data = runs.agents.get(job_id).data
    assert (data["outcome"], data["result"]) == ("finished", report.summary())
    assert GITHUB not in json.dumps(data)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_a_scan_that_died_goes_on_at_the_step_where_it_was(runs: Store, tmp_path: Path) -> None:
    """What had ended is not looked at again, and the report is that of a scan that did not die."""
    root = grown(tmp_path / "tree", TREE)
    options = ScanOptions(root=root)

    class Dying:
        """A job whose process dies at a step."""

        def __init__(self, job: Job) -> None:
            self.id, self.store, self._job = job.id, job.store, job

        async def step(self, name: str, work: Callable[[], Any]) -> Any:
            if name == "secrets":
                raise KeyboardInterrupt
            return await self._job.step(name, work)

    async def first() -> str:
        job = Job.begin(runs, AGENT, None, options.to_input())
        with pytest.raises(KeyboardInterrupt):
            async with job:
                await scan(Dying(job), options)
        return job.id

    async def second(job_id: str) -> ScanReport:
        async with Job.resume(runs, job_id, AGENT) as job:
            assert list(job.steps) == ["walk", "bandit", "js"]
            return await scan(job, ScanOptions.from_input(job.input))

    job_id = asyncio.run(first())
    report = asyncio.run(second(job_id))
    steps = [each.facts["details"]["step"] for each in runs.audit.find(event="agent.step", text=job_id)]
    assert sorted(steps) == ["bandit", "dependencies", "js", "secrets", "walk"]
    assert rules(report) == FOUND


@pytest.mark.slow
def test_a_stop_ends_a_scan_and_its_children_within_a_second(runs: Store, tmp_path: Path) -> None:
    """Whatever child is at work: here bandit, on a thousand lines of shells."""
    root = grown(tmp_path / "tree", {f"a{n}.py": TREE["app.py"] * 500 for n in range(4)})
    said: list[float] = []

    async def work() -> None:
        async with Job.begin(runs, AGENT, None, {}) as job:
            stopping = asyncio.create_task(stop(job))
            await scan(job, ScanOptions(root=root))
            await stopping

    async def stop(job: Job) -> None:
        while not children():
            await asyncio.sleep(0.005)
        await asyncio.to_thread(runs.agents.stop, job.id, who="somebody", now_ms=int(time.time() * 1000))
        said.append(time.monotonic())

    with pytest.raises(AgentStoppedError):
        asyncio.run(work())
    assert time.monotonic() - said[0] < 1.0
    assert children() == set()


def children() -> set[str]:
    """Ids of this process's children."""
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended since
            found |= set((task / "children").read_text().split())
    return found


@pytest.mark.usefixtures("here")
def test_a_folder_that_changed_meanwhile_is_no_part_of_the_same_scan(tmp_path: Path) -> None:
    """The rest of the scan would be about other files than its beginning."""
    root = grown(tmp_path, {"a.txt": "x"})
    job = Steps()
    scanned(root, job=job)
    grown(root, {"b.txt": "x"})

    with pytest.raises(UsageError, match="the folder has changed since this scan began"):
        scanned(root, job=job)


@pytest.mark.slow
def test_the_event_loop_lives_while_a_scan_works(tmp_path: Path) -> None:
    """Nothing that takes long happens on it."""
    root = grown(tmp_path, {f"{n}.txt": "word " * 1_000 for n in range(300)})
    late: list[float] = []

    async def work() -> None:
        ticking = asyncio.create_task(tick())
        await scan(Steps(), ScanOptions(root=root))
        ticking.cancel()

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            late.append(time.monotonic() - before)

    asyncio.run(work())
    assert len(late) > 3
    assert max(late) < 0.5


# -- judging ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
def test_a_baseline_makes_findings_known_until_they_change(tmp_path: Path) -> None:
    """Status 1, then written down, then 0; a moved line stays known, another secret in its place is new."""
    root = grown(tmp_path / "tree", {"a.txt": f"x = {GITHUB}\n"})
    file = tmp_path / "baseline.json"

    def status(**options: Any) -> tuple[int, list[bool]]:
        report = scanned(root, baseline=file, **options)
        return report.exit_status, [finding.is_known for finding in report.findings]

    with pytest.raises(UsageError, match="cannot be read"):
        status()
    assert scanned(root).exit_status == 1
    assert status(update_baseline=True) == (0, [True])
    grown(root, {"a.txt": f"\n\n  x = {GITHUB}\n"})
    assert status() == (0, [True])
    grown(root, {"a.txt": f"x = {GITHUB[:-1]}Z\n"})
    assert status() == (1, [False])


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_a_suppression_holds_for_every_tool(tmp_path: Path) -> None:
    """Known by the names of the rules; one that finds nothing is told of."""
    texts = {
        "a.py": "subprocess.call(x, shell=True)  # belljar: ignore B602 -- ours\n",
        "b.ts": "// belljar: ignore js-eval -- a test\neval(x + y);\n",
        "c.env": f"# belljar: ignore secret-github-token -- revoked\nT={GITHUB}\n# belljar: ignore B602 -- gone\n",
    }
    report = scanned(grown(tmp_path, texts), fail_on="medium")

    assert {(each.rule, each.suppressed) for each in report.findings if each.suppressed} == {
        ("B602", "ours"),
        ("js-eval", "a test"),
        ("secret-github-token", "revoked"),
    }
    assert [(each.rule, each.line) for each in report.new if each.tool == "belljar-scan"] == [("suppression-unused", 3)]
    assert report.exit_status == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"update_baseline": True}, "no baseline is named that could be written"),
        ({"fail_on": "worst"}, "fail_on is one of low, medium, high, critical, got 'worst'"),
        ({"advisories": Path("/nowhere")}, "the advisories '/nowhere' are no folder"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    """Before anything is looked at."""
    with pytest.raises(UsageError, match=message):
        ScanOptions(root=Path("."), **options)


@pytest.mark.parametrize("name", ["out", "baseline"])
def test_a_link_of_the_repository_does_not_choose_what_is_written(tmp_path: Path, name: str) -> None:
    """A file or a folder in it that leads elsewhere is refused by its name; one above the folder is the caller's."""
    root = grown(tmp_path, {"tree/a.txt": "", "victim/x": ""}) / "tree"
    (root / "file").symlink_to(tmp_path / "victim" / "x")
    (root / "folder").symlink_to(tmp_path / "victim")
    (tmp_path / "mine").symlink_to(root)

    given: dict[str, Any]
    for path in (root / "file", root / "folder" / "x", tmp_path / "mine" / "folder" / "new", root / "folder" / "new"):
        given = {"root": tmp_path / "mine" if "mine" in path.parts else root, name: path}
        with pytest.raises(UsageError, match="lies behind a link"):
            ScanOptions(**given)
    given = {"root": tmp_path / "mine", name: tmp_path / "mine" / "new"}
    told = ScanOptions(**given).to_input()
    assert (told["root"], told[name]) == (str(root), str(root / "new"))


@pytest.mark.parametrize("name", ["out", "baseline"])
def test_only_a_plain_file_is_replaced(tmp_path: Path, name: str) -> None:
    """No device, no pipe, no folder: `--out /dev/null` must not make a file of it."""
    for path in (Path("/dev/null"), tmp_path):
        given: dict[str, Any] = {"root": tmp_path, name: path}
        with pytest.raises(UsageError, match="is no file that could be replaced"):
            ScanOptions(**given)


def test_options_travel_as_plain_data(tmp_path: Path) -> None:
    """As a job's input, with whole paths."""
    options = ScanOptions(root=tmp_path, baseline=tmp_path / "b.json", exclude=("a/*",), fail_on="low")

    assert ScanOptions.from_input(json.loads(json.dumps(options.to_input()))) == options
    assert ScanOptions.from_input({"root": str(tmp_path)}) == ScanOptions(root=tmp_path)


# -- which files ------------------------------------------------------------------------------------------------------


def test_which_files_are_looked_at_and_why_others_are_not(tmp_path: Path) -> None:
    """Links, other people's code, built things, binary and large files are left out, each with the reason; none is
    one that the repository decides to be looked away from.
    """
    root = grown(
        tmp_path / "tree",
        {
            "a.py": "",
            "b.bin": b"a\0b",
            "utf16.txt": "x".encode("utf-16"),
            "edge.txt": b"x" * _walk.FILE_BYTES,
            "large.txt": b"x" * (_walk.FILE_BYTES + 1),
            "package-lock.json": b" " * (_walk.FILE_BYTES + 1),
            "node_modules/x.js": "",
            "build/y.js": "",
            ".git/config": "",
            "environment/pyvenv.cfg": "home = /usr/bin",
            "environment/bin/python": "",
            "environment/lib/z.py": "",
            "requirements/base.txt": b"x==1\0",
            "old/deep/w.py": "",
            ".github/workflows/ci.yml": "",
        },
    )
    (root / "link.py").symlink_to(root / "a.py")
    (root / "folder-link").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    found = walk(root, exclude=("old/*", "*.nothing"))

    assert [file.path for file in found.files] == [
        "a.py",
        "edge.txt",
        "package-lock.json",
        "utf16.txt",
        ".github/workflows/ci.yml",
        "requirements/base.txt",
    ]
    assert {each.path: each.reason for each in found.skipped} == {
        "b.bin": "it is binary",
        "large.txt": "it has more than 1 MB",
        "node_modules": "its content is not the repository's own",
        "build": "its content is not the repository's own",
        ".git": "its content is not the repository's own",
        "environment": "its content is not the repository's own",
        "link.py": "it is a link",
        "folder-link": "it is a link",
        "pipe": "it is no file",
        "old/deep": "it is excluded",
    }


def test_a_walk_sees_each_change_and_can_be_ended(tmp_path: Path) -> None:
    """By content's size and time, and by name."""
    root = grown(tmp_path, {"a/b.txt": "x", "c.txt": "y"})
    first = walk(root).digest

    assert walk(root).digest == first
    grown(root, {"c.txt": "longer"})
    assert walk(root).digest != first
    assert walk(root, is_over=lambda: True).files == ()
    asked = iter([False] * 5 + [True] * 10)
    flat = grown(tmp_path / "flat", {f"{n}": "" for n in range(3)})
    assert len(walk(flat, is_over=lambda: next(asked)).files) < 3


def test_a_folder_that_is_none_and_one_too_many_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do."""
    with pytest.raises(UsageError, match="cannot be scanned: No such file"):
        walk(tmp_path / "none")
    grown(tmp_path, {"a": "", "b": ""})
    monkeypatch.setattr(_walk, "MOST_FILES", 1)
    with pytest.raises(UsageError, match="there are more than 1 files"):
        walk(tmp_path)
    monkeypatch.setattr(_walk, "MOST_NAMES", 1)
    with pytest.raises(UsageError, match="there are more than 1 files, folders and links"):
        walk(tmp_path, exclude=("a",))


def test_a_thousand_files_that_were_missed_are_told_and_the_rest_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan is not whole, however many they are."""
    monkeypatch.setattr(_walk, "MOST_MISSED", 2)
    monkeypatch.setattr(_walk, "FILE_BYTES", 0)
    found = walk(grown(tmp_path, {f"{n}.py": "x" for n in range(5)}))

    assert [each.path for each in found.problems] == ["0.py", "1.py", ""]
    assert found.problems[-1].message == "3 more files and folders were not looked at"


@pytest.mark.usefixtures("here")
def test_a_file_in_utf_16_is_read(tmp_path: Path) -> None:
    """As editors on Windows write it."""
    report = scanned(grown(tmp_path, {"a.env": f"T={GITHUB}\r\n".encode("utf-16")}))

    assert rules(report) == [("secret-github-token", "a.env", 1)]


@pytest.mark.usefixtures("here")
def test_no_byte_of_a_file_of_code_hides_it(tmp_path: Path) -> None:
    """A NUL, a line without end, a name in capitals, an empty mark of a virtual environment beside it."""
    texts = {
        "nul.js": "// \0\neval(a + b);\n",
        "long.js": "eval(a + b); //" + "x" * 30_000,
        "CAPITAL.JS": "eval(a + b);",
        "src/pyvenv.cfg": "",
        "src/evil.js": "eval(a + b);",
    }
    report = scanned(grown(tmp_path, texts))

    assert rules(report) == [
        ("js-eval", path, 2 if path == "nul.js" else 1) for path in sorted(texts) if "eval" in texts[path]
    ]
    assert (report.problems, report.skipped) == ((), ())


@pytest.mark.usefixtures("here")
def test_code_that_is_not_looked_at_is_an_error_of_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large, or not to be read; status 5, unless somebody says that it is meant."""
    root = grown(tmp_path, {"large.js": " " * (_walk.FILE_BYTES + 1), "uv.lock": b" " * 101, "ok.txt": ""})
    monkeypatch.setattr(_walk, "LOCK_BYTES", 100)
    report = scanned(root)

    large = "it was not looked at: it has more than {} MB; where that is meant, leave it out with --exclude"
    assert [(each.level, each.path, each.message) for each in report.problems] == [
        ("error", "large.js", large.format(1)),
        ("error", "uv.lock", large.format(0)),
    ]
    assert (report.exit_status, report.skipped) == (5, ())
    assert scanned(root, exclude=("large.js", "uv.lock")).exit_status == 0


@pytest.mark.usefixtures("here")
def test_javascript_that_the_parser_gives_up_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mild finding: what was not looked at may be anything."""
    monkeypatch.setattr("belljar.agents.security.js._tree.MAX_OPEN", 20)
    report = scanned(grown(tmp_path, {"a.js": "a<b," * 21 + "c; eval(x + y)"}))

    assert (report.findings, report.exit_status) == ((), 5)
    assert [(each.level, each.tool, each.path) for each in report.problems] == [("error", "belljar-js", "a.js")]


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is a file."""
    root = grown(tmp_path, {"a/b.txt": "", "c.txt": ""})
    real, read = os.scandir, begun

    def scandir(path: Path) -> Any:
        if path.name == "a":
            raise PermissionError(13, "Permission denied")
        return real(path)

    def refused(file: Path, most: int, **how: Any) -> Any:
        if file.name == "c.txt":
            raise PermissionError(13, "Permission denied")
        return read(file, most, **how)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(_walk, "begun", refused)
    found = walk(root)
    assert [(each.path, each.level) for each in found.problems] == [("c.txt", "error"), ("a", "error")]
    assert "it cannot be read" in found.problems[0].message


def git(root: Path, *words: str) -> None:
    command = ["/usr/bin/env", "git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words]
    subprocess.run(command, cwd=root, check=True, capture_output=True)  # noqa: S603 (our own words)


@pytest.mark.slow
@pytest.mark.parametrize("version", [2, 4])
def test_what_git_keeps_is_the_repositorys_own(tmp_path: Path, version: int) -> None:
    """A folder is looked through, whatever its name, when its files are tracked; what was only built there is not."""
    texts = {f"build/deep/{n}-{'x' * n}.txt": "" for n in range(12)} | {"node_modules/own.js": "", "a.txt": ""}
    root = grown(tmp_path / "tree", texts)
    git(root, "init")
    git(root, "add", "--intent-to-add", "a.txt")
    git(root, "add", ".")
    git(root, "update-index", "--index-version", str(version))
    grown(root, {"dist/made.js": "", "build/new.txt": ""})
    found = walk(root)

    assert {file.path for file in found.files} == {*texts, "build/new.txt"}
    assert [each.path for each in found.skipped] == [".git", "dist"]


def index(*names: bytes, version: int = 2) -> bytes:
    """As git writes it; of version 4 each name keeps all of the one before."""
    entries = b""
    for name in names:
        entry = bytes(62) + (b"\0" if version == 4 else b"") + name + b"\0"
        entries += entry if version == 4 else entry + bytes(-len(entry) % 8)
    return b"DIRC" + version.to_bytes(4) + len(names).to_bytes(4) + entries


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"DIRC",
        b"DIRC\0\0\0\2\xff\xff\xff\xff",
        b"x" * 100,
        index(b"build/" + b"a/" * 2_100 + b"b"),
        index(b"build/" + b"a" * 2_000, *[b"a"] * 100, version=4),
        index(b"build/a") + b"\xff" * 20_000,
    ],
)
def test_an_index_of_git_may_be_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """It is read with bounds; then folders are judged by their names, and the report says so."""
    monkeypatch.setattr(_tracked, "INDEX_BYTES", 20_000)
    monkeypatch.setattr(_tracked, "NAME_BYTES", 100_000)
    found = walk(grown(tmp_path, {".git/index": data, "build/a.js": ""}))

    assert [each.path for each in found.skipped] == [".git", "build"]
    assert [(each.level, each.path) for each in found.problems] == [("warning", ".git/index")]


def test_an_index_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe or a link in its place."""
    root = grown(tmp_path, {"index": index(b"build/a.js"), ".git/HEAD": "", "build/a.js": ""})
    (root / ".git/index").symlink_to(root / "index")
    assert [each.path for each in walk(root).problems] == [".git/index"]
    (root / ".git/index").unlink()
    os.mkfifo(root / ".git/index")
    assert [each.path for each in walk(root).problems] == [".git/index"]
    (root / ".git/index").unlink()
    grown(root, {".git/index": index(b"build/a.js", b"x")})
    assert [file.path for file in walk(root).files] == ["build/a.js"]


@pytest.mark.usefixtures("here")
def test_the_scan_does_not_look_at_what_it_writes(tmp_path: Path) -> None:
    """The baseline and the report may lie in the repository: written twice, the baseline is the same."""
    root = grown(tmp_path / "tree", {"a.env": f"T={GITHUB}\n", "b.js": "eval(a + b);"})
    file, out = root / "baseline.json", root / "report.json"

    def update() -> ScanReport:
        report = scanned(root, baseline=file, out=out, update_baseline=True)
        out.write_text(to_json(report))
        return report

    assert update().exit_status == 0
    first = file.read_bytes()
    report = update()
    assert file.read_bytes() == first
    assert [(each.path, each.reason) for each in report.skipped] == [
        ("baseline.json", "the scan writes it"),
        ("report.json", "the scan writes it"),
    ]
    out.unlink()
    grown(root, {"old.json": to_json(report)})
    assert [each for each in scanned(root, baseline=file).new if each.path == "old.json"] == []


@pytest.mark.usefixtures("here")
def test_a_scan_that_is_not_whole_writes_no_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be one without what the tool that failed finds."""
    monkeypatch.setattr(_scan, "is_installed", lambda: False)
    file = tmp_path / "baseline.json"
    report = scanned(
        grown(tmp_path / "tree", {"a.py": "", "b.js": "eval(a + b);"}), baseline=file, update_baseline=True
    )

    assert not file.exists()
    assert report.problems[0].message.startswith("the baseline was not written, for the scan is not whole")
    assert report.exit_status == 1


@pytest.mark.usefixtures("here")
def test_without_advisories_the_report_says_that_nothing_was_compared(tmp_path: Path) -> None:
    """Where there are dependencies at all."""
    assert scanned(grown(tmp_path / "a", {"x.txt": ""})).problems == ()
    report = scanned(grown(tmp_path / "b", {"uv.lock": ""}))
    assert [(each.tool, each.level) for each in report.problems] == [("osv", "note")]


# -- bandit -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_bandit_is_heard_and_the_repository_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own severities by our table, columns in characters; no `.bandit`, no `# nosec`, no module of the folder."""
    marker = tmp_path / "ran"
    evil = f"open({str(marker)!r}, 'w')\n"
    root = grown(
        tmp_path / "tree",
        {
            "-x,é.py": "é = 1; subprocess.call(x, shell=True)  # nosec\nassert x\n",
            "old.py": "print 'python 2'\n",
            ".bandit": "[bandit]\nskips: B602\n",
            "bandit.py": evil,
            "json.py": evil,
            "sitecustomize.py": evil,
        },
    )
    monkeypatch.chdir(root)
    report = scanned(root)

    call = report.findings[0]
    assert (call.rule, call.path, call.line, call.column, call.end_column) == ("B602", "-x,é.py", 1, 8, 38)
    assert (call.severity, call.confidence, call.cwe, call.tool) == ("high", "high", 78, "bandit")
    assert call.help.startswith("subprocess popen with shell equals true: https://bandit.readthedocs.io/")
    assert [each.rule for each in report.findings if each.path == "-x,é.py"] == ["B602"]
    assert [(each.level, each.path) for each in report.problems] == [("error", "old.py")]
    assert not marker.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_code_that_python_can_run_is_code_that_bandit_reads(tmp_path: Path) -> None:
    """However deep it is nested, and where only its first line says that it is Python; so it is with JavaScript."""
    shell = "import subprocess\nsubprocess.call(x, shell=True)\n"
    texts = {
        "deep.py": shell + "x = " + "+".join(["1"] * 1_500) + "\n",
        "tool": "#!/usr/bin/env python3\n" + shell,
        "run": "#!/usr/bin/env node\neval(a + b);\n",
    }
    report = scanned(grown(tmp_path, texts))

    assert report.problems == ()
    assert [each for each in rules(report) if each[0] != "B404"] == [
        ("B602", "deep.py", 2),
        ("js-eval", "run", 2),
        ("B602", "tool", 3),
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_a_password_that_bandit_quotes_is_not_told(tmp_path: Path) -> None:
    """Its messages about passwords have their text in them; ours have not."""
    report = scanned(grown(tmp_path, {"a.py": "password = 'qq'\nf(password='qq')\ndef g(password='qq'): pass\n"}))

    assert [finding.rule for finding in report.findings] == ["B105", "B106", "B107"]
    assert "qq" not in repr(report)


@pytest.mark.usefixtures("here")
def test_a_scan_without_bandit_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 5, where there is Python at all."""
    monkeypatch.setattr(_scan, "is_installed", lambda: False)

    assert scanned(grown(tmp_path / "a", {"x.txt": ""})).exit_status == 0
    report = scanned(grown(tmp_path / "b", {"x.py": ""}))
    assert report.exit_status == 5
    assert report.problems == (
        ScanProblem(
            tool="bandit",
            level="error",
            message="bandit is not installed, so no Python was looked at; install belljar[agents]",
        ),
    )


# -- portions and children --------------------------------------------------------------------------------------------


def test_portions_are_bounded_by_number_and_size() -> None:
    """A file that is larger than a portion is one of its own; none is lost."""
    sizes = [_batch.BATCH_BYTES // 2] * 3 + [_batch.BATCH_BYTES * 2, 1, 1]
    files = [source(f"{number}", size) for number, size in enumerate(sizes)]

    assert [len(batch) for batch in batches(files)] == [2, 1, 1, 2]
    many = [source(f"{number}", 1) for number in range(_batch.BATCH_FILES * 2 + 1)]
    assert [len(batch) for batch in batches(many)] == [_batch.BATCH_FILES] * 2 + [1]
    assert [file for batch in batches(many) for file in batch] == many
    assert list(batches([])) == []


def test_one_bad_file_does_not_cost_the_others_their_scan() -> None:
    """The portion is halved until the file is found; it is an error with its name."""
    files = [source(f"{number}.py") for number in range(100)]
    asked = 0

    async def work(part: Sequence[SourceFile], _seconds: float) -> Found:
        nonlocal asked
        asked += 1
        if any(file.path == "77.py" for file in part):
            raise ChildFailedError("it was ended by signal 11")
        return Found(extra=[file.path for file in part])

    found = asyncio.run(divided("bandit", files, work))
    assert found.extra == [file.path for file in files if file.path != "77.py"]
    assert [(each.level, each.path, each.message) for each in found.problems] == [
        ("error", "77.py", "bandit failed on the file: it was ended by signal 11")
    ]
    assert asked < 20


def test_a_tool_that_always_fails_is_left_soon() -> None:
    """After twelve children, or when the time of the portion is over; every file is told of."""
    files = [source(f"{number:02}.py") for number in range(64)]
    asked: list[int] = []

    async def work(part: Sequence[SourceFile], _seconds: float) -> Found:
        asked.append(len(part))
        raise ChildFailedError("no")

    found = asyncio.run(divided("bandit", files, work))
    assert len(asked) < 20
    assert all(each.level == "error" for each in found.problems)
    asked.clear()
    found = asyncio.run(divided("bandit", files, work, seconds=0.0))
    assert asked == [64]
    assert found.problems[0].message == "bandit failed on 64 files, 00.py to 63.py: no"


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("-n", "1", "while True: pass"), "it took more than 0.4 s"),
        (("-n", "1", "bytearray(3 << 30)"), "it failed with exit code 1: MemoryError at timeit.py:N"),
        (("-n", "1", "import os; os.kill(os.getpid(), 9)"), "it was ended by signal 9"),
        (("-n", "1", "-r", "1", "pass"), "what it wrote is no JSON"),
        (("-n", "1", "-r", "1", "print('x' * 3_000)"), "it wrote more than 0 MB"),
    ],
)
@pytest.mark.slow
def test_a_child_has_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], reason: str
) -> None:
    """Of time, memory and output; whatever becomes of it, its words are no part of the error."""
    monkeypatch.setattr(_child, "OUTPUT_BYTES", 2_000)
    seconds = 0.4 if "took" in reason else 30.0
    with pytest.raises(ChildFailedError) as caught:
        asyncio.run(answer_of(Child(module="timeit", argv=argv, folder=tmp_path, seconds=seconds)))

    assert re.sub(r":\d+$", ":N", str(caught.value)) == reason
    assert children() == set()


# -- what a step keeps ------------------------------------------------------------------------------------------------


def finding(number: int, **facts: Any) -> ScanFinding:
    plain = ScanFinding(
        rule="R", severity="low", confidence="high", message="m" * 50, path=f"{number}", tool="t", help="h" * 100
    )
    return replace(plain, **facts)


def test_a_step_keeps_what_a_rule_says_once() -> None:
    """And gives back what it was given, but for the order."""
    findings = [finding(1), finding(2, severity="high", digest="12" * 8, rule="S"), finding(3)]
    found = Found(findings=findings, problems=[ScanProblem(tool="t", level="note", message="m")], extra=[{"a": 1}])
    data = json.loads(json.dumps(kept("t", found)))

    assert of_kept(data) == replace(found, findings=[findings[1], findings[0], findings[2]])
    assert json.dumps(data).count("h" * 100) == 2


def test_a_step_keeps_the_worst_where_there_is_no_room_for_all() -> None:
    """What is left out is an error of the scan, with its number; problems are bounded in the same way."""
    findings = [finding(number) for number in range(2_000)] + [finding(9_999, severity="critical")]
    problems = [ScanProblem(tool="t", level="warning", message="m" * 100)] * 1_000
    data = kept("t", Found(findings=findings, problems=problems))

    assert size_of(data) < 262_144
    assert data["findings"][0]["path"] == "9999"
    left = 2_001 - len(data["findings"])
    assert data["problems"][0]["message"] == f"{left:,} findings of t are left out of the report; the worst are in it"
    assert data["problems"][0]["level"] == "error"
    assert data["problems"][1]["message"].endswith(" more problems of t")
    assert data["problems"][1]["level"] == "warning"


def test_one_large_finding_does_not_cost_the_others_their_place() -> None:
    """What does not fit is left out, and what fits is kept."""
    findings = [finding(0, message="m" * 250_000, severity="critical"), *(finding(number) for number in range(1, 51))]

    assert len(kept("t", Found(findings=findings))["findings"]) == 50


def test_suppressions_that_are_left_out_are_told_of() -> None:
    """As an error: what they suppressed is new again."""
    data = kept("t", Found(extra=[{"reason": "r" * 100} for _ in range(2_000)]))
    left = 2_000 - len(data["extra"])

    assert left > 0
    assert data["problems"] == [
        {
            "tool": "t",
            "level": "error",
            "path": "",
            "message": f"{left:,} suppressions are left out, so that they count for nothing",
        }
    ]


def test_a_scan_of_any_tree_fits_into_a_job() -> None:
    """A thousand portions full of everything keep less than a job takes, and no tree has so many portions."""
    full = Found(
        findings=[finding(number, message="m" * 900) for number in range(300)],
        problems=[ScanProblem(tool="t", level="error", message="m" * 200)] * 400,
        extra=[{"reason": "r" * 200}] * 500,
    )
    room, sizes = _kept.SCAN_ROOM, []
    while room > 0:
        sizes.append(size_of(kept("bandit", full, room=room)))
        room -= sizes[-1]
    without = size_of(kept("bandit", full, room=room))
    assert sum(sizes) + (900 - len(sizes)) * without < DATA_BYTES

    small = [source(f"{number}", 1) for number in range(_walk.MOST_FILES)]
    large = [source(f"{number}", _walk.FILE_BYTES) for number in range(20_000)]
    assert max(len(list(batches(small))), len(list(batches(large))), len(list(batches(small + large)))) * 3 + 3 < STEPS


def test_a_child_tells_no_more_than_the_scan_can_read_at_once() -> None:
    """The worst 5,000 of a portion; the others are an error with their number."""
    findings = [finding(number, severity="high" if number == 5_001 else "low") for number in range(5_002)]
    answer = _worker._answered("t", findings, [])

    assert len(answer["findings"]) == 5_000
    assert answer["findings"][0]["path"] == "5001"
    assert [(each["level"], each["message"]) for each in answer["problems"]] == [
        ("error", "2 findings of t were left out of one portion; the worst were kept")
    ]


@pytest.mark.usefixtures("here")
def test_all_steps_together_keep_no_more_than_a_job_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later steps get what room is left."""
    monkeypatch.setattr(_scan, "SCAN_ROOM", 1_000)
    report = scanned(grown(tmp_path, {"a.txt": f"{GITHUB}\n" * 20, "b.js": "eval(a + b);\n"}))

    assert 1 <= len(report.findings) < 21
    assert {each.level for each in report.problems} == {"error"}
