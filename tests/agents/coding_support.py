"""A small package for the code-generation agent to build, and a model that gets it wrong the first time."""

from __future__ import annotations

import asyncio
import json
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from belljar.agents._job import Job
from belljar.agents._model import Model
from belljar.agents._model_scripted import Scripted, ScriptedModel
from belljar.agents.coding import BuildReport, build, build_input
from belljar.plugins import Grant, Needs, Permission
from belljar.store import Store, open_store
from belljar.tools import Decision

AGENT = SimpleNamespace(name="code-generation", version="1.0.0", checksum="c0" * 32)

SPECIFICATION = """\
# Count words

A module `words.py` with `count(text)`: how often each word is in a text, letter case left out, as a dict.

```toml belljar
accept = ["python3", "-m", "unittest", "-q"]
timeout_s = 20
```
"""

TESTS = """\
import unittest

from words import count


class Words(unittest.TestCase):
    def test_letter_case_is_left_out(self):
        self.assertEqual(count("To be or not to be"), {"to": 2, "be": 2, "or": 1, "not": 1})
"""
WRONG = """\
def count(text):
    found = {}
    for word in text.split():
        found[word] = found.get(word, 0) + 1
    return found
"""


def new_file(path: str, text: str) -> str:
    """A patch that makes a file."""
    lines = text.splitlines()
    return (
        "\n".join([f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@", *(f"+{line}" for line in lines)]) + "\n"
    )


def script(*patches: str, before: str = "") -> str:
    """A reply with one script that applies patches."""
    calls = "\n".join(f"await tools.applyPatch({{patch: {json.dumps(patch)}}});" for patch in patches)
    return f"I write it.\n<tool-calls>\n{before}{calls}\nreturn 'written';\n</tool-calls>\n"


REPAIR = """\
--- a/words.py
+++ b/words.py
@@ -2,3 +2,3 @@
     found = {}
-    for word in text.split():
+    for word in text.lower().split():
         found[word] = found.get(word, 0) + 1
"""

FIRST = script(new_file("words.py", WRONG), new_file("test_words.py", TESTS))
SECOND = Scripted(text=script(REPAIR), expect=("FAILED (failures=1)", "exit code 1", "{'To': 1"))


def scripted() -> ScriptedModel:
    """Wrong at first; the repair follows only where the error was shown."""
    return ScriptedModel([FIRST, SECOND])


def permission(*commands: str, workspace: Path | None = None) -> Permission:
    grant = Grant(plugin=AGENT.name, commands=commands or ("python3",), workspace=workspace, place="policy.toml:1")
    return Permission(name=AGENT.name, checksum=AGENT.checksum, key_id=None, needs=Needs(), grant=grant)


PATCH = """\
diff --git a/test_words.py b/test_words.py
new file mode 100644
index 0000000000000000000000000000000000000000..2b223eb7455b743bfdb4a3481df0732ac3570aa2
--- /dev/null
+++ b/test_words.py
@@ -0,0 +1,8 @@
+import unittest
+
+from words import count
+
+
+class Words(unittest.TestCase):
+    def test_letter_case_is_left_out(self):
+        self.assertEqual(count("To be or not to be"), {"to": 2, "be": 2, "or": 1, "not": 1})
diff --git a/words.py b/words.py
new file mode 100644
index 0000000000000000000000000000000000000000..60993e0b771b0cd96406c188b1f52af2a165a05f
--- /dev/null
+++ b/words.py
@@ -0,0 +1,5 @@
+def count(text):
+    found = {}
+    for word in text.lower().split():
+        found[word] = found.get(word, 0) + 1
+    return found
"""

EXISTS = SPECIFICATION.replace('"python3", "-m", "unittest", "-q"', '"test", "-e", "done.txt"')
"""Done when there is a file of this name: a quick command."""
GRANTED = permission("test")
DONE = new_file("done.txt", "yes\n")


def begin(store: Store, folder: Path, specification: str = SPECIFICATION, **options: Any) -> Job:
    """A new job, whose files are all in `folder`."""
    (folder / "SPEC.md").write_text(specification)
    granted = options.pop("permission", None) or permission()
    facts = {"model": "scripted:none", "out": folder / "out.diff", "scratch": folder / "scratch", **options}
    return Job.begin(store, AGENT, granted, build_input(folder / "SPEC.md", **facts).to_data())


async def go(job: Job, model: Model) -> BuildReport:
    async with job:
        return await build(job, model)


def decide(store: Store, report: BuildReport, verdict: str, reason: str = "", **edits: Any) -> None:
    """A person's word on the patch."""
    assert report.approval is not None
    request = store.approvals.get(report.approval).request
    assert request is not None
    decision = Decision.deny(request, reason) if verdict == "deny" else Decision.approve(request)
    if edits:
        decision = Decision.edit(request, {**request.arguments, **edits})
    store.approvals.vote(report.approval, decision, who="ada", source="test", now_ms=0)


def resume(store: Store, job: Job, granted: Permission | None = None) -> Job:
    """The same job, in another process or later."""
    return Job.resume(store, job.id, AGENT, granted or permission())


# -- a process that is killed -----------------------------------------------------------------------------------------

POINTS = {
    "while the workspace is made": ("belljar.agents.coding._scratch.Scratch.keep", 1),
    "while the model thinks": ("belljar.agents._model_scripted.ScriptedModel.reply", 1),
    "after the model's reply": ("belljar.agents.coding._build._Build._scripts", 1),
    "in the middle of a script": ("belljar.packs._files.apply_patch", 2),
    "in the middle of the acceptance command": ("belljar.packs._exec._Exec._ending", 1),
    "between a test and its repair": ("belljar.agents.coding._build.feedback", 1),
    "before it says that it waits": ("belljar.agents._job.Job.wait", 1),
    "while it waits": ("belljar.agents._job.Job._close", 1),
    "while it hands out the patch": ("belljar.agents.coding._deliver._write", 1),
}
"""What is about to be called when the process dies, and for which time."""


def die(point: str, folder: Path, job_id: str | None = None) -> None:
    """Do a job, or go on with one, until the point. In a process of its own: it does not come back."""
    name, times = POINTS[point]
    owner, _, attribute = name.rpartition(".")
    place: Any = pkgutil.resolve_name(owner)
    whole, counts = getattr(place, attribute), iter(range(times - 1, -1, -1))

    def deadly(*args: Any, **kwargs: Any) -> Any:
        if next(counts) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*args, **kwargs)

    setattr(place, attribute, deadly)
    with open_store(folder / "runs.db") as store:
        repository = folder / "repository" if (folder / "repository").is_dir() else None
        job = begin(store, folder, repository=repository, apply=repository is not None)
        if job_id is not None:
            job = Job.resume(store, job_id, AGENT, permission())
        asyncio.run(go(job, scripted()))


def killed(point: str, folder: Path, job_id: str | None = None) -> None:
    """Have a process die so."""
    code = "from pathlib import Path; from coding_support import die\n"
    code += f"die({point!r}, Path({str(folder)!r}), {job_id!r})"
    environment = {**os.environ, "PHASE5_ENABLE": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(  # noqa: S603  (our own interpreter and code)
        [sys.executable, "-c", code], env=environment, capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2_000:]
