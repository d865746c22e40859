"""`belljar agents`: the registry, both agents through the command line, and how a job is stopped and goes on."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cli_store import keyboard
from cli_support import Cli, Write

import belljar
from belljar import gate
from belljar.errors import UsageError
from belljar.machine import _cache
from belljar.store import open_store

with pytest.MonkeyPatch.context() as opened:
    opened.setattr(gate, "_is_on", True)
    from belljar.agents import AGENTS, Job
    from belljar.cli._agents_scan import ScanCommandOptions

pytestmark = pytest.mark.usefixtures("phase5")
SCAN, BUILD = AGENTS["security-scan"], AGENTS["code-generation"]
STORE = ("--store", "runs.db")
POLICY = """\
[[grant]]
plugin = "security-scan"
capabilities = ["files.read", "commands"]
commands = ["bandit"]
workspace = "."

[[grant]]
plugin = "code-generation"
capabilities = ["files.read", "files.write", "commands"]
commands = ["python"]
workspace = "."
"""
SPECIFICATION = """\
# Count words

A module `words` with a function `count(text)`.

```toml belljar
accept = ["python", "-c", "import words; assert words.count('a b') == 2"]
```
"""
PATCH = "--- /dev/null\n+++ b/words.py\n@@ -0,0 +1,2 @@\n+def count(text):\n+    return len(text.split())\n"
REPLY = f"I write it.\n<tool-calls>\nreturn await tools.applyPatch({{patch: {json.dumps(PATCH)}}})\n</tool-calls>"
GITHUB = "ghp_" + "a1B2" * 9


@pytest.fixture
def site(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a policy, a specification, a model's answers, and a repository to look through."""
    write("policy.toml", POLICY)
    write("words.md", SPECIFICATION)
    write("replies.json", json.dumps([REPLY]))
    (tmp_path / "repo").mkdir()
    write("repo/eval.js", "export function f(req) { eval(req.body.code) }\n")
    write("repo/.env", f"GITHUB_TOKEN={GITHUB}\n")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("BELLJAR_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir(mode=0o700)
    return tmp_path


def events(folder: Path, **given: Any) -> list[str]:
    """Names of the records that there are, the oldest first."""
    with closing(open_store(folder / "runs.db")) as store:
        return [record.facts["event"] for record in reversed(store.audit.find(**given, limit=500))]


def begun(folder: Path, outcome: str = "finished") -> str:
    """A job of one step that another process began and that ended so."""
    with closing(open_store(folder / "runs.db", worker="elsewhere:1:00000000")) as store:
        job = Job.begin(store, SCAN, None, {"root": str(folder)})

        async def work() -> None:
            async with job:
                await job.step("walk", _nothing)
                if outcome == "finished":
                    await job.finish({"new": 0})
                if outcome == "waiting":
                    await job.wait({"approval": "q:1"})
                if outcome == "failed":
                    raise RuntimeError("no luck")

        with suppress(RuntimeError):
            asyncio.run(work())
    return job.id


async def _nothing() -> Any:
    return {"files": 2}


# -- list, status -----------------------------------------------------------------------------------------------------


def test_the_registry_is_listed(cli: Cli) -> None:
    """Name, version, gate, triggers, capabilities; without a policy none may start."""
    ran = cli("agents", "list")
    document = cli("agents", "list", "--json").document

    assert [line.split() for line in ran.stdout.splitlines()[1:]] == [
        ["security-scan", "1.0.0", "open", "no", "cli", "files.read,", "commands"],
        ["code-generation", "1.0.0", "open", "no", "cli", "files.read,", "files.write,", "commands"],
    ]
    assert [(each["name"], each["checksum"], each["may_start"]) for each in document["agents"]] == [
        ("security-scan", SCAN.checksum, False),
        ("code-generation", BUILD.checksum, False),
    ]


def test_a_policy_says_which_may_start(cli: Cli, write: Write) -> None:
    """And of the others why not, with its place."""
    write("policy.toml", POLICY.replace('"files.write", ', ""))
    ran = cli("agents", "list", "--policy", "policy.toml")
    found = cli("agents", "list", "--policy", "policy.toml", "--json").document["agents"]

    assert [each["may_start"] for each in found] == [True, False]
    assert "capability files.write: not granted (policy.toml:7)" in ran.stderr


@pytest.mark.parametrize("outcome", ["finished", "waiting", "failed"])
def test_a_jobs_state_is_how_it_came_out(cli: Cli, tmp_path: Path, outcome: str) -> None:
    """With its steps and checksum; of one that can go on, the command that does it."""
    id_ = begun(tmp_path, outcome)
    ran = cli("agents", "status", id_, *STORE)
    document = cli("agents", "status", id_, *STORE, "--json").document

    assert ran.stdout.startswith(f"{id_}  {outcome}\n  agent     security-scan 1.0.0\n  checksum  {SCAN.checksum}\n")
    assert '  ✓ walk  {"files": 2}\n' in ran.stdout
    assert (f"belljar agents run --resume {id_} " in ran.stderr) == (outcome != "finished")
    assert (document["state"], document["steps"], document["runs"]) == (outcome, {"walk": {"files": 2}}, [])
    assert (document["error"] or {}).get("code") == ("RuntimeError" if outcome == "failed" else None)


def test_all_jobs_are_listed_the_latest_first(cli: Cli, tmp_path: Path) -> None:
    """Also those of the console and of other processes; a store without any says so."""
    first, second = begun(tmp_path, "finished"), begun(tmp_path, "failed")
    jobs = cli("agents", "status", *STORE, "--json").document["jobs"]

    assert [(job["id"], job["state"]) for job in jobs] == [(second, "failed"), (first, "finished")]
    assert [line.split()[:2] for line in cli("agents", "status", *STORE).stdout.splitlines()[1:]] == [
        [second, "failed"],
        [first, "finished"],
    ]
    assert len(cli("agents", "status", *STORE, "--limit", "1").stdout.splitlines()) == 2
    with closing(open_store(tmp_path / "empty.db")):
        pass
    assert cli("agents", "status", "--store", "empty.db").stderr == "no agent has worked here yet\n"


def test_a_job_that_is_not_there_is_told(cli: Cli, tmp_path: Path) -> None:
    """By both commands that name one; the store is not made."""
    begun(tmp_path)

    said = "NotInStoreError: there is no job 'nobody'\n"
    said += "hint: belljar agents status --store runs.db shows those that there are.\n"
    assert cli("agents", "status", "nobody", *STORE).stderr == said
    assert cli("agents", "stop", "nobody", *STORE, "--as", "Ann").stderr == said
    assert cli("agents", "run", "--resume", "nobody", *STORE).stderr == said
    assert cli("agents", "status", "--store", "nowhere.db").code == 2
    assert not (tmp_path / "nowhere.db").exists()


def test_no_secret_is_shown_of_a_job(cli: Cli, tmp_path: Path) -> None:
    """What a step kept is redacted once more before it is printed."""
    with closing(open_store(tmp_path / "runs.db")) as store:

        async def work() -> str:
            job = Job.begin(store, SCAN, None, {})
            async with job:
                await job.step("secrets", _token)
            return job.id

        id_ = asyncio.run(work())
    shown = cli("agents", "status", id_, *STORE).stdout + cli("agents", "status", id_, *STORE, "--json").stdout

    assert GITHUB not in shown
    assert shown.count("[redacted]") == 2


async def _token() -> Any:
    return {"found": f"token {GITHUB} here"}


# -- security-scan ----------------------------------------------------------------------------------------------------


def test_without_a_grant_no_agent_starts(cli: Cli, site: Path) -> None:
    """Exit code 3; the refusal is on record with the agent's checksum, and there is no job."""
    scan = cli("agents", "run", "security-scan", "repo", *STORE)
    build = cli("agents", "run", "code-generation", "words.md", "--model", "scripted:replies.json", *STORE)

    assert (scan.code, build.code) == (3, 3)
    with closing(open_store(site / "runs.db")) as store:
        refused = [record.facts["manifest_sha256"] for record in store.audit.find(event="policy.refused")]
        assert (refused, store.agents.all()) == ([BUILD.checksum, SCAN.checksum], [])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('workspace = "."', 'workspace = "elsewhere"', "folder repo: outside of the workspace "),
        ('commands = ["bandit"]', 'commands = ["ruff"]', "command bandit: granted are ruff (policy.toml:1)"),
    ],
)
def test_a_grant_for_something_else_is_none(
    cli: Cli, site: Path, write: Write, old: str, new: str, reason: str
) -> None:
    """Another folder, other programs: refused and on record before a file is read."""
    (site / "elsewhere").mkdir()
    write("policy.toml", POLICY.replace(old, new, 1))
    ran = cli("agents", "run", "security-scan", "repo", "--policy", "policy.toml", *STORE)

    assert ran.code == 3
    assert reason in ran.stderr
    assert events(site) == ["gate.used", "policy.refused"]


@pytest.mark.slow
def test_a_scan_writes_its_report_and_fails_by_severity(cli: Cli, site: Path) -> None:
    """A finding that is known does not count; the bound is the operator's; no secret is in anything written.

    The plugin that read the lock file is a run of the scan's job.
    """
    run = ("agents", "run", "security-scan", "repo", "--policy", "policy.toml", *STORE)
    (site / "advisories").mkdir()
    (site / "repo" / "requirements.txt").write_text("words==1.0\n")
    found = cli(*run, "--format", "json", "--advisories", "advisories")
    (job,) = cli("agents", "status", *STORE, "--json").document["jobs"]
    (done,) = cli("agents", "status", job["id"], *STORE, "--json").document["runs"]
    baseline = ("--baseline", "known.json", "--update-baseline", "--fail-on", "low")
    known = cli(*run, "--format", "sarif", "--out", "report.sarif", *baseline)
    report = json.loads((site / "report.sarif").read_text())["runs"][0]

    assert (found.code, known.code, done["state"]) == (1, 0, "succeeded")
    assert {each["rule"] for each in found.document["findings"]} == {result["ruleId"] for result in report["results"]}
    assert {"js-eval", "secret-github-token"} <= {result["ruleId"] for result in report["results"]}
    assert {result["baselineState"] for result in report["results"]} == {"unchanged"}
    written = b"".join(path.read_bytes() for path in site.iterdir() if path.is_file() and path.suffix != ".py")
    assert GITHUB.encode() not in written
    assert GITHUB not in found.stdout + found.stderr + known.stderr


def test_a_report_for_people_goes_to_standard_output(cli: Cli, site: Path) -> None:
    """What is about it goes elsewhere; what is excluded is not looked at, and every use is on record."""
    (site / "advisories").mkdir()
    excluded = ("--exclude", "*.js", "--exclude", ".env", "--advisories", "advisories")
    ran = cli("agents", "run", "security-scan", "repo", "--policy", "policy.toml", *STORE, *excluded)

    assert (ran.code, ran.stdout.splitlines()[0]) == (0, "# Security scan")
    assert ran.stderr.splitlines()[0].startswith("job: security-scan:")
    assert "0 files; new: 0 critical, 0 high, 0 medium, 0 low" in ran.stderr
    assert events(site, text=SCAN.checksum)[:2] == ["gate.used", "agent.started"]
    assert events(site, text=SCAN.checksum)[-2:] == ["agent.finished", "agent.stopped"]


def test_a_scan_that_was_left_goes_on_with_its_own_options(cli: Cli, site: Path) -> None:
    """From another folder too: the report goes where it was to go, and no finished step is done again."""
    options = ScanCommandOptions(path=site / "repo", format="json", out=site / "report.json", exclude=("*",))
    with closing(open_store(site / "runs.db")) as store:
        job = Job.begin(store, SCAN, None, options.to_input())
        with suppress(RuntimeError):
            asyncio.run(_left(job))
    resume = ("agents", "run", "--resume", job.id, *STORE)

    assert cli(*resume).code == 3
    assert cli(*resume, "--policy", "policy.toml").code == 0
    assert json.loads((site / "report.json").read_text())["summary"]["files"] == 0
    assert cli(*resume, "--policy", "policy.toml").stderr.splitlines()[-2].endswith("is over: finished")


async def _left(job: Job) -> None:
    async with job:
        raise RuntimeError("the power is gone")


def test_a_report_that_cannot_be_written_is_not_lost(cli: Cli, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job has not finished before its report is where it was to go; resumed, it writes it."""
    from belljar.cli import _agents_scan

    options = ScanCommandOptions(path=site / "repo", format="json", out=site / "report.json", exclude=("*",))
    run = ("agents", "run", "security-scan", "repo", "--policy", "policy.toml", *STORE, "--out", str(options.out))

    def full(*_: Any) -> None:
        raise UsageError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(_agents_scan, "write_whole", full)
        assert cli(*run, "--exclude", "*").stderr.endswith("the disk is full\nhint: Correct the call.\n")
    (job,) = cli("agents", "status", *STORE, "--json").document["jobs"]

    assert (job["state"], (site / "report.json").exists()) == ("failed", False)
    assert cli("agents", "run", "--resume", job["id"], "--policy", "policy.toml", *STORE).code == 0
    assert (site / "report.json").read_text().startswith("# Security scan")


def test_what_another_code_began_is_not_resumed(cli: Cli, site: Path) -> None:
    """It is said before a policy is asked; and what no scan began is no scan's, whatever it is called."""
    with closing(open_store(site / "runs.db")) as store:
        older = SimpleNamespace(name=SCAN.name, version="0.9.0", checksum="ab" * 32)
        jobs = [Job.begin(store, older, None, {"old": 1}), Job.begin(store, SCAN, None, {"old": 1})]
        for job in jobs:
            with suppress(RuntimeError):
                asyncio.run(_left(job))
    said = [
        cli("agents", "run", "--resume", job.id, "--policy", "policy.toml", *STORE).stderr.splitlines()[0]
        for job in jobs
    ]

    assert said == [
        f"UsageError: the job {jobs[0].id} is of another version of 'security-scan': 0.9.0",
        "UsageError: this job is none of the security scan",
    ]


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("option", ["--policy=policy.toml", "--store=runs.db", "--approve=all", "--json", "--resume=x"])
def test_an_option_that_an_agent_does_not_hear_is_told(cli: Cli, option: str) -> None:
    """Before its name they are those of --resume; nothing begins."""
    ran = cli("agents", "run", option, "security-scan", "repo", *STORE)

    assert ran.code == 2
    assert f"{option.partition('=')[0]} stands before security-scan, which does not hear it there" in ran.stderr
    assert not Path("runs.db").exists()


@pytest.mark.usefixtures("site")
def test_a_policy_that_cannot_be_read_is_a_fault_of_the_call(cli: Cli, write: Write) -> None:
    """And no finding: a CI job would take 1 for one. Without a policy the message has the lines to write."""
    write("odd.toml", "[[grant]]\nplugin = 1\n")
    run = ("agents", "run", "security-scan", "repo", *STORE)

    assert [cli(*run, "--policy", name).code for name in ("nope.toml", "odd.toml")] == [2, 2]
    assert cli("agents", "list", "--policy", "nope.toml").code == 2
    said = cli(*run).stderr
    assert "agent security-scan 1.0.0 may not start" in said
    assert '--policy: [[grant]] plugin = "security-scan" capabilities = ["files.read", "commands"]' in said


def test_a_scan_of_nothing_is_told_before_it_begins(cli: Cli, site: Path) -> None:
    """No folder, a report that cannot be written, a baseline that is not named."""
    run = ("agents", "run", "security-scan")

    assert cli(*run, "nowhere", *STORE).stderr.startswith("UsageError: nowhere is no folder")
    assert cli(*run, "repo", *STORE, "--out", "no/such/file").stderr.startswith("UsageError: no file can be written")
    assert cli(*run, "repo", *STORE, "--update-baseline").code == 2
    assert not (site / "runs.db").exists()


# -- code-generation --------------------------------------------------------------------------------------------------

MAKE = ("agents", "run", "code-generation", "words.md", "--model", "scripted:replies.json", "--policy", "policy.toml")


def test_a_build_waits_for_its_approval_and_goes_on(cli: Cli, site: Path) -> None:
    """Exit code 6; the commands that are printed lead to the patch; the job cannot be done twice."""
    asked = cli(*MAKE, *STORE, "--out", "words.diff")
    (job,) = cli("agents", "status", *STORE, "--json").document["jobs"]
    printed = [
        line.split(maxsplit=2) for line in asked.stderr.splitlines() if "belljar a" in line and "job:" not in line
    ]
    decide, again = (line[line.index("belljar") + 1 :] for line in (" ".join(each).split() for each in printed[1:]))

    assert (asked.code, job["state"]) == (6, "waiting")
    assert cli(*decide, "--yes", "--as", "Ann").code == 0
    assert not (site / "words.diff").exists()
    done = cli(*again)
    assert (done.code, cli(*again).code) == (0, 2)
    assert "+    return len(text.split())" in (site / "words.diff").read_text()
    assert "approval.decided" in events(site, actor="Ann")


@pytest.mark.parametrize(("approve", "code", "state"), [("all", 0, "finished"), ("none", 3, "denied")])
def test_a_build_is_decided_by_the_command_line(cli: Cli, site: Path, approve: str, code: int, state: str) -> None:
    """All at once where it says who answers; a denied one leaves no file."""
    ran = cli(*MAKE, *STORE, "--out", "words.diff", "--approve", approve, "--json")

    assert (ran.code, ran.document["state"], ran.document["ok"]) == (code, state, code == 0)
    assert (site / "words.diff").exists() == (code == 0)


def test_a_person_at_the_terminal_sees_the_diff(cli: Cli, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before they are asked; what they say is what happens."""
    from belljar.cli import _agents_build

    with keyboard(monkeypatch, b"y\n"):
        terminal = sys.stdin
        monkeypatch.setattr("belljar.cli._run.can_ask", lambda: True)
        real = _agents_build.build_command

        def at_the_terminal(options: Any) -> Any:
            monkeypatch.setattr(sys, "stdin", terminal)
            return real(options)

        monkeypatch.setattr(_agents_build, "build_command", at_the_terminal)
        ran = cli(*MAKE, *STORE, "--out", "words.diff")

    assert ran.code == 0, ran.stderr
    assert "+def count(text):" in ran.stderr
    assert (site / "words.diff").exists()


def test_a_specification_that_is_wrong_is_told_by_line(cli: Cli, site: Path, write: Write) -> None:
    """Before there is a job."""
    write("words.md", SPECIFICATION.replace("accept =", "acept ="))
    ran = cli(*MAKE, *STORE)

    assert ran.code == 1
    assert "words.md:6" in ran.stderr
    assert not (site / "runs.db").exists()


def test_an_acceptance_command_that_is_not_granted_starts_nothing(cli: Cli, site: Path, write: Write) -> None:
    """Its program must be among the commands of the grant."""
    write("words.md", SPECIFICATION.replace('"python"', '"make"'))
    ran = cli(*MAKE, *STORE)

    assert ran.code == 3
    assert "command make: granted are python (policy.toml:7)" in ran.stderr
    assert events(site) == ["gate.used", "policy.refused"]


@pytest.mark.usefixtures("site")
def test_a_model_that_there_is_not_is_told(cli: Cli) -> None:
    """With those that there are."""
    ran = cli(*MAKE[:4], "--model", "nobody:x", "--policy", "policy.toml", *STORE)

    assert ran.code == 2
    assert "scripted:" in ran.stderr


# -- stop, resume -----------------------------------------------------------------------------------------------------


def test_a_job_whose_process_died_is_lost(cli: Cli, tmp_path: Path) -> None:
    """Also before a worker has come by that marks it; it can be stopped, and then nobody takes it over."""
    with closing(open_store(tmp_path / "runs.db", worker="gone:1:00000000")) as store:
        store.agents.register("security-scan:00000001", name="security-scan", now_ms=1)
        store.agents.start("security-scan:00000001", now_ms=1)
    states = [cli("agents", "status", *STORE, "--json").document["jobs"][0]["state"]]
    stopped = cli("agents", "stop", "security-scan:00000001", *STORE, "--as", "Ann", "--json")
    states.append(cli("agents", "status", *STORE, "--json").document["jobs"][0]["state"])

    assert (stopped.document["was"], states) == ("lost", ["lost", "stopped"])


def test_a_job_that_is_over_is_not_stopped_again(cli: Cli, tmp_path: Path) -> None:
    """Harmless, and told so; that somebody tried is on record."""
    id_ = begun(tmp_path, "finished")
    ran = cli("agents", "stop", id_, *STORE, "--as", "Ann")

    assert (ran.code, ran.stderr) == (0, f"{id_}: it goes on nowhere: finished\n")
    assert cli("agents", "stop", id_, *STORE, "--as", "Ann", "--json").document["was"] == "finished"
    assert events(tmp_path, actor="Ann") == ["gate.used", "gate.used"]


def test_what_is_no_job_of_ours_is_not_resumed(cli: Cli, write: Write, tmp_path: Path) -> None:
    """An agent of somebody else's program, and a store without the job."""
    write("policy.toml", POLICY)
    with closing(open_store(tmp_path / "runs.db")) as store:
        store.agents.register("theirs", name="their-agent", now_ms=1)
    resume = ("agents", "run", *STORE, "--policy", "policy.toml", "--resume")

    assert cli(*resume, "theirs").stderr.startswith("UsageError: theirs is no job of an agent that is here")
    assert cli(*resume, "nobody").stderr.startswith("NotInStoreError")
    assert cli("agents", "run", *STORE).stderr.startswith("UsageError: no agent is named")


@pytest.mark.slow
def test_a_job_in_another_process_is_stopped_from_here(
    cli: Cli, site: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its id; what its command was doing ends with it, and it says who did that: exit code 1."""
    monkeypatch.delenv("BELLJAR_CACHE")  # so that the process need not compile the machine anew
    os.mkfifo(site / "begun")
    begin = f"import time; open('{site}/begun', 'w').close(); time.sleep(60)"
    write("words.md", SPECIFICATION.replace("import words; assert words.count('a b') == 2", begin))
    environment = {**os.environ, gate.VARIABLE: "1", "PYTHONPATH": str(Path(belljar.__file__).parents[1])}
    command = [sys.executable, "-m", "belljar", *MAKE, *STORE, "--approve", "later"]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=environment, cwd=site, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stderr is not None
            id_ = process.stderr.readline().split()[1]
            (site / "begun").read_text()  # which ends when the command has come so far
            told = cli("agents", "stop", id_, *STORE, "--as", "Ann")
            code = process.wait(timeout=3)
            said = process.stderr.read()
        finally:
            process.send_signal(signal.SIGKILL)
            shutil.rmtree(_cache.folder() / "agents" / id_.replace(":", "-"))

    assert (told.stderr, code) == (f"{id_}: stopped; it ends within a second\n", 1)
    assert said.startswith(f"AgentStoppedError: the job {id_} was stopped by Ann\n")
    assert cli("agents", "status", id_, *STORE, "--json").document["state"] == "stopped"
