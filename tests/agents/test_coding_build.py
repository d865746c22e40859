"""The code-generation agent builds something: wrong at first, repaired, tested, approved, delivered."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import coding_support as support
import pytest
from coding_support import DONE, EXISTS, GRANTED, PATCH

from belljar.agents._job import Job
from belljar.agents._model import ModelReply
from belljar.agents._model_scripted import Scripted, ScriptedModel
from belljar.agents._steps import JobData, job_state
from belljar.errors import (
    AgentBudgetError,
    ModelError,
    PatchError,
    PolicyRefusedError,
    SecretFoundError,
    UsageError,
)
from belljar.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "runs.db") as opened:
        yield opened


def build(store: Store, folder: Path, *replies: str | Scripted, **options: Any) -> Any:
    """A job of the quick command, until it waits."""
    job = support.begin(store, folder, **{"specification": EXISTS, "permission": GRANTED, **options})
    report = asyncio.run(support.go(job, ScriptedModel(replies)))
    return job, report


def data_of(store: Store, job: Any) -> JobData:
    return JobData.of(job.id, store.agents.get(job.id).data)


def test_a_package_is_built_repaired_and_delivered(store: Store, tmp_path: Path) -> None:
    """The first try fails its test, the repair uses the error, and the patch waits for a person."""
    job = support.begin(store, tmp_path)
    report = asyncio.run(support.go(job, support.scripted()))
    assert (report.state, report.repairs, report.summary) == ("waiting", 1, "2 files, +13 -0: test_words.py, words.py")
    assert not (tmp_path / "out.diff").exists()
    steps = ["begin", "model-1", "script-1", "test-1", "model-2", "script-2", "test-2", "patch"]
    assert list(data_of(store, job).steps) == steps
    support.decide(store, report, "approve")
    delivered = asyncio.run(support.go(support.resume(store, job), support.scripted()))
    assert delivered == replace(report, state="finished", approval=None)
    assert (tmp_path / "out.diff").read_text() == PATCH
    assert (tmp_path / "out.diff").stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / "scratch").iterdir()) == []
    assert job_state(store.agents.get(job.id)) == "finished"


def test_everything_that_the_job_did_has_its_agents_checksum(store: Store, tmp_path: Path) -> None:
    """Runs, calls, questions, steps: each record but those of the worker itself."""
    job, _ = build(store, tmp_path, support.script(DONE))
    records = [record.facts for record in store.audit.records() if not record.event.startswith("worker.")]
    assert {record["manifest_sha256"] for record in records} == {support.AGENT.checksum}
    kinds = {record["event"].partition(".")[0] for record in records}
    assert kinds == {"agent", "run", "call", "approval"}
    assert {run.agent_id for run in store.runs.find()} == {job.id}
    assert {run.queue for run in store.runs.find()} == {"agent:code-generation"}


def test_the_question_has_the_whole_patch(store: Store, tmp_path: Path) -> None:
    """What is approved is what is delivered: the bytes themselves, not only their digest."""
    _, report = build(store, tmp_path, support.script(DONE))
    question = store.approvals.get(report.approval)
    assert question.request is not None
    assert question.request.reason == (
        f"a patch is written to {tmp_path / 'out.diff'}; it passed its acceptance command: 1 file, +1 -0: done.txt"
    )
    assert question.request.arguments == {
        "summary": "1 file, +1 -0: done.txt",
        "out": str(tmp_path / "out.diff"),
        "apply_to": None,
        "patch": "diff --git a/done.txt b/done.txt\nnew file mode 100644\n"
        "index 0000000000000000000000000000000000000000..7cfab5b05d620d8c6f386273d5d507975cef115f\n"
        "--- /dev/null\n+++ b/done.txt\n@@ -0,0 +1 @@\n+yes\n",
    }


def test_a_denied_patch_ends_the_job_with_the_reason(store: Store, tmp_path: Path) -> None:
    """Nothing is written."""
    job, report = build(store, tmp_path, support.script(DONE))
    support.decide(store, report, "deny", "not like this")
    resumed = support.resume(store, job, GRANTED)
    ended = asyncio.run(support.go(resumed, ScriptedModel([])))
    assert (ended.state, ended.reason) == ("denied", "the call of deliverPatch was denied: not like this")
    assert job_state(store.agents.get(job.id)) == "denied"
    assert not (tmp_path / "out.diff").exists()


def test_a_job_that_nobody_has_decided_on_waits_on(store: Store, tmp_path: Path) -> None:
    """Resumed too early, it says again what it waits for; the question is the same one."""
    job, report = build(store, tmp_path, support.script(DONE))
    again = asyncio.run(support.go(support.resume(store, job, GRANTED), ScriptedModel([])))
    assert again == report
    assert len(store.approvals.find(state="open")) == 1


def test_another_patch_than_the_tested_one_is_not_delivered(store: Store, tmp_path: Path) -> None:
    """An approval with other arguments does nothing; the question is asked anew."""
    job, report = build(store, tmp_path, support.script(DONE))
    support.decide(store, report, "approve", out=str(tmp_path / "elsewhere.diff"))
    with pytest.raises(Exception, match="only the patch that was tested is handed out") as refused:
        asyncio.run(support.go(support.resume(store, job, GRANTED), ScriptedModel([])))
    assert refused.value.code == "ToolValidationError"  # type: ignore[attr-defined]
    assert not (tmp_path / "elsewhere.diff").exists()
    asked = asyncio.run(support.go(support.resume(store, job, GRANTED), ScriptedModel([])))
    assert (asked.state, asked.approval) == ("waiting", report.approval.replace("patch-1", "patch-2"))


# -- a repository -----------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "words.py").write_text(support.WRONG)
    (folder / "test_words.py").write_text(support.TESTS)
    (folder / ".gitignore").write_text(".env\n")
    (folder / ".env").write_text("TOKEN=1\n")
    subprocess.run(["git", "init", "-q", folder], check=True)  # noqa: S603, S607
    return folder


def test_an_approved_patch_is_applied_to_the_repository(store: Store, tmp_path: Path, repository: Path) -> None:
    """The repository is as it was until then; what git ignores is not even copied."""
    specification = support.SPECIFICATION.replace("timeout_s = 20", 'files = ["words.py", "gone.py"]')
    job = support.begin(store, tmp_path, specification, repository=repository, apply=True)
    shown = ("words.py:\nBEGIN DATA\ndef count(text):", "gone.py cannot be shown")
    model = ScriptedModel([Scripted(text=support.script(support.REPAIR), expect=shown)])
    report = asyncio.run(support.go(job, model))
    assert (report.state, report.repairs, report.summary) == ("waiting", 0, "1 file, +1 -1: changes words.py")
    assert data_of(store, job).steps["begin"]["files"] == 3
    assert (repository / "words.py").read_text() == support.WRONG
    support.decide(store, report, "approve")
    report = asyncio.run(support.go(support.resume(store, job), model))
    assert (report.state, report.applied) == ("finished", True)
    assert (repository / "words.py").read_text() == support.WRONG.replace("text.split", "text.lower().split")


def test_a_repository_that_went_on_meanwhile_is_left_alone(store: Store, tmp_path: Path, repository: Path) -> None:
    """The patch does not fit any more: the job fails, and nothing of the repository is touched."""
    job = support.begin(store, tmp_path, repository=repository, apply=True)
    report = asyncio.run(support.go(job, ScriptedModel([support.script(support.REPAIR)])))
    (repository / "words.py").write_text("# all new\n")
    support.decide(store, report, "approve")
    with pytest.raises(PatchError):
        asyncio.run(support.go(support.resume(store, job), ScriptedModel([])))
    assert (repository / "words.py").read_text() == "# all new\n"
    assert job_state(store.agents.get(job.id)) == "failed"


# -- what the model does ----------------------------------------------------------------------------------------------


def test_a_reply_that_changes_nothing_is_not_tested(store: Store, tmp_path: Path) -> None:
    """It may look around first: that is no repair, and the model hears what it saw."""
    look = "<tool-calls>\nreturn (await tools.listDir({})).entries.length\n</tool-calls>"
    expect = ("Script 1: 0", "No file was changed, so the acceptance command was not run")
    job, report = build(store, tmp_path, look, Scripted(text=support.script(DONE), expect=expect))
    assert report.repairs == 0
    assert "test-1" not in data_of(store, job).steps


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("I am done.", "Your reply had no script."),
        ("<tool-calls>\nreturn 1", "MalformedReplyError"),
        ("<tool-calls>\nreturn tools.exec({argv: ['ls']})\n</tool-calls>", "ToolNotFoundError"),
        ("<tool-calls>\nreturn await tools.readFile({path: '../out'})\n</tool-calls>", "WorkspaceError"),
    ],
)
def test_a_reply_that_does_not_work_is_told_so(store: Store, tmp_path: Path, reply: str, told: str) -> None:
    """No script, half a script, a tool that is not there (no exec is), a path that leads out."""
    _, report = build(store, tmp_path, reply, Scripted(text=support.script(DONE), expect=(told,)))
    assert report.state == "waiting"


def test_what_a_command_leaves_is_taken_away(store: Store, tmp_path: Path) -> None:
    """The patch has what scripts wrote, and nothing that came of testing it."""
    code = "open('trash.bin', 'wb').write(bytes(9)); raise SystemExit(not open('a.txt').read().startswith('b'))"
    specification = support.SPECIFICATION.replace('"-m", "unittest", "-q"', f'"-c", "{code}"')
    files = "<tool-calls>\nreturn (await tools.listDir({})).entries.map(each => each.path).join()\n</tool-calls>"
    replies = (
        support.script(support.new_file("a.txt", "a\n")),
        files,
        Scripted(text=support.script("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n+b\n"), expect=('Script 1: "a.txt"',)),
    )
    _, report = build(store, tmp_path, *replies, specification=specification, permission=support.permission())
    assert (report.summary, report.repairs) == ("1 file, +1 -0: a.txt", 1)


def test_the_model_gets_no_secret_and_no_path_of_the_host(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of a file that a script reads, nor of what a command says; and the command itself has none of the host's."""
    token = "ghp_" + "a1B2" * 9
    monkeypatch.setenv("HOST_SECRET", "correct-horse")
    code = "import os; print(os.getcwd(), 'ghp_' + 'a1B2' * 9, sorted(os.environ));"
    code += " raise SystemExit(not os.path.exists('done.txt'))"
    specification = support.SPECIFICATION.replace('"-m", "unittest", "-q"', f'"-c", "{code}"')
    seen: list[str] = []

    class Watched(ScriptedModel):
        async def reply(self, messages: Any, *, max_tokens: int) -> ModelReply:
            seen.extend(message.text for message in messages)
            return await super().reply(messages, max_tokens=max_tokens)

    read = "return (await tools.readFile({path: 'a.txt'})).text"
    first = support.script(support.new_file("a.txt", "x\n")).replace("return 'written'", read)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.env").write_text(f"TOKEN={token}\n")
    first = first.replace("a.txt'}", "a.env'}")
    job = support.begin(store, tmp_path, specification, repository=tmp_path / "there")
    asyncio.run(support.go(job, Watched([first, support.script(DONE)])))
    said = "\n".join(seen)
    assert 'Script 1: "TOKEN=[redacted]' in said
    assert "BEGIN DATA\n. [redacted] ['HOME', " in said
    assert "HOST_SECRET" not in said
    assert token not in said
    assert str(tmp_path) not in said
    written = b"".join(path.read_bytes() for path in tmp_path.glob("runs.db*"))
    assert token.encode() not in written


@pytest.mark.slow
def test_a_command_that_takes_too_long_is_killed_and_told_of(store: Store, tmp_path: Path) -> None:
    """It is a failure like any other, which a repair can mend."""
    code = "import os, time; os.path.exists('done.txt') or (print('slow', flush=True), time.sleep(60))"
    specification = support.SPECIFICATION.replace('"-m", "unittest", "-q"', f'"-c", "{code}"')
    specification = specification.replace("timeout_s = 20", "timeout_s = 1")
    replies = (
        support.script(support.new_file("a", "a\n")),
        Scripted(text=support.script(DONE), expect=("failed: 'python3' ran longer than 1,000 ms and was killed",)),
    )
    _, report = build(store, tmp_path, *replies, specification=specification, permission=support.permission())
    assert report.repairs == 1


# -- what ends a job --------------------------------------------------------------------------------------------------


def test_a_patch_with_a_secret_is_not_handed_out(store: Store, tmp_path: Path) -> None:
    """The error names file and line, and never the value; nobody is asked."""
    token = "ghp_" + "a1B2" * 9
    # Put together in the script, so that no other guard sees it first.
    text = "<tool-calls>\nconst token = 'ghp_' + 'a1B2'.repeat(9);\n"
    text += (
        "await tools.applyPatch({patch: `--- /dev/null\\n+++ b/done.txt\\n@@ -0,0 +1,2 @@\\n+yes\\n+${token}\\n`});\n"
    )
    with pytest.raises(SecretFoundError) as found:
        build(store, tmp_path, text + "</tool-calls>", specification=limited("repairs = 0"))
    assert found.value.message == "done.txt:2 in the patch holds a secret (github token)"
    assert found.value.details == {"secrets": [{"file": "done.txt", "line": 2, "kind": "github token"}]}
    assert token not in str(store.agents.all()[0].data)
    assert store.approvals.find(state="open") == []


def test_a_secret_can_be_repaired(store: Store, tmp_path: Path) -> None:
    """The model is told where it is, as it is told of a test that failed."""
    text = "<tool-calls>\nconst token = 'ghp_' + 'a1B2'.repeat(9);\n"
    patch = "`--- /dev/null\\n+++ b/done.txt\\n@@ -0,0 +1 @@\\n+${token}\\n`"
    text += f"await tools.applyPatch({{patch: {patch}}});\n</tool-calls>"
    told = ("passed, but the work cannot be handed out", "done.txt:1 in the patch holds a secret (github token)")
    mended = support.script("--- a/done.txt\n+++ /dev/null\n", DONE)
    _, report = build(store, tmp_path, text, Scripted(text=mended, expect=told))
    assert (report.summary, report.repairs) == ("1 file, +1 -0: done.txt", 1)


def test_a_binary_can_be_repaired(store: Store, tmp_path: Path) -> None:
    """So can anything that no patch can carry; when there is no try left, that is the error."""
    text = support.script(DONE, "--- /dev/null\n+++ b/pic.png\n@@ -0,0 +1 @@\n+\0\n")
    with pytest.raises(PatchError, match=r"pic\.png is binary, and a patch is text"):
        build(store, tmp_path, text, specification=limited("repairs = 0"))


def test_a_program_that_is_not_there_is_said_so_at_once(store: Store, tmp_path: Path) -> None:
    """Before a model is asked."""
    specification = EXISTS.replace('"test"', '"no-such-program"')
    with pytest.raises(UsageError, match="the acceptance command's program 'no-such-program' is not in PATH"):
        build(store, tmp_path, specification=specification, permission=support.permission("no-such-program"))


def test_a_job_needs_a_grant_for_its_command_and_its_repository(store: Store, tmp_path: Path) -> None:
    """Nothing of it runs; the refusal names both needs, with the policy's place."""
    (tmp_path / "granted").mkdir()
    (tmp_path / "other").mkdir()
    given = support.permission("ruff", workspace=tmp_path / "granted")
    job = support.begin(store, tmp_path, repository=tmp_path / "other", permission=given)
    with pytest.raises(PolicyRefusedError) as refused:
        asyncio.run(support.go(job, support.scripted()))
    assert refused.value.details["needs"] == [
        "the acceptance command starts 'python3', and policy.toml:1 lets it start ruff",
        f"the repository {tmp_path / 'other'} is outside of the workspace in policy.toml:1",
    ]
    assert store.runs.find() == []
    assert not (tmp_path / "scratch").exists()


def test_a_job_needs_the_word_of_a_policy(store: Store, tmp_path: Path) -> None:
    """On this very agent: none, or that of another version, is no permission."""
    job = support.begin(store, tmp_path, EXISTS, permission=GRANTED)
    for permission in (None, replace(GRANTED, checksum="dd" * 32)):
        job = Job.begin(store, support.AGENT, permission, job._data.input)
        with pytest.raises(PolicyRefusedError, match="no policy was asked"):
            asyncio.run(support.go(job, support.scripted()))


def test_work_without_a_change_is_no_work(store: Store, tmp_path: Path) -> None:
    """A script that undoes what it did leaves nothing to hand out, and nothing to test."""
    with pytest.raises(ModelError, match="1 answers, and none for one more"):
        build(store, tmp_path, "<tool-calls>\nreturn 1\n</tool-calls>")


def test_an_empty_answer_is_an_error_of_the_model(store: Store, tmp_path: Path) -> None:
    """As when it refused."""
    with pytest.raises(ModelError, match=r"answered nothing \(refusal\)"):
        build(store, tmp_path, Scripted(text=" ", stop_reason="refusal"))


def test_a_job_whose_scratch_workspace_is_gone_says_so(store: Store, tmp_path: Path) -> None:
    """A cache may be emptied while a patch waits."""
    job, _ = build(store, tmp_path, support.script(DONE))
    (tmp_path / "scratch").rename(tmp_path / "gone")
    with pytest.raises(UsageError, match=r"the scratch workspace .* is gone"):
        asyncio.run(support.go(support.resume(store, job, GRANTED), ScriptedModel([])))


# -- budgets ----------------------------------------------------------------------------------------------------------


def limited(line: str) -> str:
    return EXISTS.replace("timeout_s = 20", f"timeout_s = 20\n[budget]\n{line}")


def refused_by(store: Store, folder: Path, line: str, *replies: str | Scripted) -> AgentBudgetError:
    with pytest.raises(AgentBudgetError) as refused:
        build(store, folder, *replies, specification=limited(line))
    return refused.value


def test_a_job_asks_so_many_questions_and_no_more(store: Store, tmp_path: Path) -> None:
    """Over all its processes: resumed, it asks nothing."""
    error = refused_by(store, tmp_path, "model_calls = 2", "one", "two", "three")
    assert error.details == {"budget": "model_calls", "spent": 2, "limit": 2}
    [row] = store.agents.all()
    job = Job.resume(store, row.id, support.AGENT, GRANTED)
    with pytest.raises(AgentBudgetError, match="model_calls 2 of 2"):
        asyncio.run(support.go(job, ScriptedModel(["one", "two", "three"])))


def test_tokens_are_counted_before_a_question_is_asked(store: Store, tmp_path: Path) -> None:
    """What the next question would cost at least is over what is left."""
    reply = Scripted(text="one", input_tokens=9_000, output_tokens=900)
    error = refused_by(store, tmp_path, "tokens = 10_000", reply, "two")
    assert error.details == {"budget": "tokens", "spent": 9_900, "limit": 10_000}


def test_tool_calls_are_bounded_over_all_scripts(store: Store, tmp_path: Path) -> None:
    """A script gets what is left; when nothing is left no script begins."""
    call = "await tools.listDir({});\n"
    reply = f"<tool-calls>\n{call * 3}</tool-calls>"
    error = refused_by(store, tmp_path, "tool_calls = 5", reply, reply, reply)
    assert error.details == {"budget": "tool_calls", "spent": 5, "limit": 5}
    second = data_of(store, store.agents.all()[0]).steps["script-2"]
    assert second["tool_calls"] == 2
    assert "ToolBudgetExceededError" in second["text"]


def test_repairs_are_counted(store: Store, tmp_path: Path) -> None:
    """The first try is none."""
    tries = [support.script(support.new_file(f"{n}.txt", "no\n")) for n in range(3)]
    error = refused_by(store, tmp_path, "repairs = 1", *tries)
    assert error.details == {"budget": "repairs", "spent": 1, "limit": 1}
    assert [name for name in data_of(store, store.agents.all()[0]).steps if name.startswith("test")] == [
        "test-1",
        "test-2",
    ]


class Endless:
    """A model that never answers."""

    async def reply(self, messages: Any, *, max_tokens: int) -> ModelReply:
        await asyncio.Event().wait()
        raise AssertionError(messages, max_tokens)


@pytest.mark.slow
def test_work_takes_its_time_and_no_more(store: Store, tmp_path: Path) -> None:
    """The model's time is work, too; the second that it took counts for good."""
    job = support.begin(store, tmp_path, limited("work_s = 1"), permission=GRANTED)
    with pytest.raises(AgentBudgetError, match="work_s 1 of 1"):
        asyncio.run(support.go(job, Endless()))
    resumed = support.resume(store, job, GRANTED)
    with pytest.raises(AgentBudgetError, match="work_s 1 of 1"):
        asyncio.run(support.go(resumed, Endless()))
    assert data_of(store, job).notes["spent"]["work_ms"] >= 1_000
