"""Python programs that raise the errors that a host or an operator may see, and which errors no page can raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SNAPSHOT: Final = 'data = build("return 1", name="one", version="1.0.0", entry="one.ts")\n'
_IMPORTS: Final = (
    "from belljar.snapshot import build, keygen, load_private_key, load_public_key, key_id, open_snapshot, sign\n"
)
_KEYS: Final = (
    "private, public = keygen()\n"
    'Path("key.pem").write_bytes(private)\n'
    'Path("key.pub").write_bytes(public)\n'
    'key, trusted = load_private_key("key.pem"), load_public_key("key.pub")\n'
)

PROGRAMS: Final[Mapping[str, str]] = {
    "FeatureDisabledError": "import belljar.plugins\n",
    "UsageError": "from belljar import Limits\n\nLimits(timeout_ms=0)\n",
    "GasLimitOutOfRangeError": (
        'import asyncio\nfrom belljar import Harness\n\nasyncio.run(Harness().run_sealed("return 1", gas_limit=0))\n'
    ),
    "JournalError": (
        "import belljar\nfrom pathlib import Path\n\n"
        "Path(\"run.jsonl\").write_text('{\"type\": \"run\"}')\nbelljar.replay(\"run.jsonl\")\n"
    ),
    "StoreError": 'from belljar.store import open_store\n\nopen_store("no/such/folder/runs.db")\n',
    "StoreVersionError": (
        "import sqlite3\nfrom belljar.store import open_store\n\n"
        'open_store("runs.db").close()\n'
        'newer = sqlite3.connect("runs.db")\n'
        'newer.execute("INSERT INTO belljar_schema VALUES (99)")\n'
        "newer.commit()\n"
        "newer.close()\n"
        'open_store("runs.db")\n'
    ),
    "NotInStoreError": (
        'from belljar.store import open_store\n\nwith open_store("runs.db") as store:\n    store.runs.get("A1")\n'
    ),
    "QueueFullError": (
        "import asyncio\nfrom belljar import Harness\nfrom belljar.harness import Origin\n"
        "from belljar.store import QueueLimits, open_store\n\n"
        'with open_store("runs.db") as store:\n'
        '    store.queues.put(QueueLimits(name="reports", concurrency=0))\n'
        '    harness = Harness(store=store, origin=Origin(manifest_sha256="a" * 64, queue="reports"))\n'
        '    asyncio.run(harness.run("return 1"))\n'
    ),
    "DecisionRefusedError": (
        "import asyncio\nfrom belljar import Decision, Harness, Quorum, tool\n"
        "from belljar.store import open_store\n\n\n"
        '@tool(approval="always", quorum=Quorum(needed=1, of=("ana", "ben")))\n'
        "def refund(cents: int) -> int:\n    return cents\n\n\n"
        'with open_store("runs.db") as store:\n'
        '    asyncio.run(Harness([refund], store=store).run("return await tools.refund({cents: 5})", run_id="A1"))\n'
        "    (question,) = store.approvals.open()\n"
        "    decision = Decision.approve(question.request)\n"
        '    store.approvals.vote(question.id, decision, who="eve", source="page", now_ms=question.asked_ms)\n'
    ),
    "AuditBrokenError": (
        "import asyncio, sqlite3\nfrom belljar import Harness\nfrom belljar.store import open_store\n\n"
        'with open_store("runs.db", worker="ana") as store:\n'
        '    asyncio.run(Harness(store=store).run("return 1"))\n'
        'database = sqlite3.connect("runs.db")\n'
        "database.execute(\"UPDATE audit SET text = replace(text, 'ana', 'eve') WHERE seq = 2\")\n"
        "database.commit()\n"
        "database.close()\n"
        'with open_store("runs.db") as store:\n    store.audit.verify()\n'
    ),
    "SeedReusedError": (
        "import asyncio\nfrom belljar import Harness\nfrom belljar.harness import Identity\n\n\n"
        "async def main():\n"
        "    async with Harness() as harness:\n"
        "        for _ in range(2):\n"
        '            await harness.run_sealed("return 1", identity=Identity(request_id="order 7"))\n\n\n'
        "asyncio.run(main())\n"
    ),
    "ReplayDivergedError": (
        "import belljar\nfrom belljar import Journal, tool\nfrom belljar.journal import Record\n\n\n"
        "@tool\ndef add(a: int, b: int) -> int:\n    return a + b\n\n\n"
        'ran = belljar.run("return await tools.add({a: 1, b: 2})", tools=[add]).journal\n'
        "edited = Journal()\n"
        "for record in ran.records:\n"
        '    changed = {"asked": [{"a": 9, "b": 9}]} if record.type == "intent" else {}\n'
        "    edited.append(Record(record.type, {**record.facts, **changed}))\n"
        "belljar.replay(edited)\n"
    ),
    "ImageError": 'from belljar.machine import thaw\n\nthaw(b"not an image", key=bytes(32))\n',
    "MachineStateError": (
        "from belljar.machine import open_machine\n\n"
        "with open_machine() as machine:\n    machine.resume({})\n"
    ),
    "NotASnapshotError": 'from belljar.snapshot import inspect\n\ninspect(b"return 1")\n',
    "SnapshotVersionError": (
        "from belljar.snapshot import build, inspect\n\n" + _SNAPSHOT + "inspect(data[:4] + bytes([9]) + data[5:])\n"
    ),
    "SnapshotTruncatedError": "from belljar.snapshot import build, inspect\n\n" + _SNAPSHOT + "inspect(data[:-1])\n",
    "SnapshotTooLargeError": (
        "from belljar.snapshot import MAX_FILE_BYTES, build, inspect\n\n" + _SNAPSHOT
        + "inspect(data + bytes(MAX_FILE_BYTES))\n"
    ),
    "SnapshotCorruptError": (
        "from belljar.snapshot import build, inspect\n\n" + _SNAPSHOT + 'inspect(data[:200] + b"?" + data[201:])\n'
    ),
    "SnapshotUnsignedError": (
        "from belljar.snapshot import build, open_snapshot\n\n" + _SNAPSHOT + "open_snapshot(data, trusted={})\n"
    ),
    "SnapshotUnknownKeyError": (
        "from pathlib import Path\n" + _IMPORTS + "\n" + _KEYS + _SNAPSHOT
        + "open_snapshot(sign(data, key), trusted={})\n"
    ),
    "SnapshotSignatureError": (
        "from pathlib import Path\n" + _IMPORTS + "\n" + _KEYS + _SNAPSHOT
        + "signed = sign(data, key)\n"
        "forged = signed[:-2] + bytes(2)\n"
        "open_snapshot(forged, trusted={key_id(trusted): trusted})\n"
    ),
}  # fmt: skip

ELSEWHERE: Final[Mapping[str, tuple[str, str, str]]] = {
    "StoreBusyError": (
        "takes a process that stops in the middle of a write",
        "test_a_run_goes_on_when_another_process_lets_the_store_go",
        "tests/harness/test_durable_trouble.py",
    ),
    "StoreFullError": (
        "takes a full disk",
        "test_a_full_disk_is_an_error_for_all_who_wait_and_loses_nothing_that_was_confirmed",
        "tests/store/test_store_database.py",
    ),
    "LeaseLostError": (
        "takes a second process",
        "test_who_lost_the_run_writes_nothing_more_of_it",
        "tests/harness/test_durable_trouble.py",
    ),
    "CallUnknownError": (
        "takes a process that is killed during a call",
        "test_a_call_that_nobody_knows_of_and_nobody_wants_again_is_an_error_of_its_own",
        "tests/harness/test_durable_fates.py",
    ),
    "ServerUnavailableError": (
        "takes an MCP server that dies",
        "test_a_crash_during_a_call_is_a_coded_error",
        "tests/mcp/test_mcp_in_faults.py",
    ),
    "HarnessInternalError": (
        "takes a bug or a machine that dies",
        "test_a_report_that_cannot_be_read_is_an_internal_error",
        "tests/harness/test_harness_runs.py",
    ),
    "CacheError": (
        "takes a folder that somebody else can write to",
        "test_an_unsafe_cache_is_refused",
        "tests/machine/test_machine_cache.py",
    ),
    "EngineUnavailableError": (
        "takes an installation without the extra",
        "test_without_the_extra_the_error_says_what_to_install",
        "tests/machine/test_machine_v8.py",
    ),
    "SnapshotCertificateError": (
        "takes an authority's certificate",
        "test_a_certificate_for_which_no_authority_vouches_is_refused",
        "tests/snapshot/test_snapshot_trust.py",
    ),
    "SnapshotExpiredError": (
        "takes an authority's certificate",
        "test_a_certificate_is_refused_before_and_after_its_time",
        "tests/snapshot/test_snapshot_trust.py",
    ),
    "AgentStoppedError": (
        "takes an agent at work, and somebody who stops it",
        "test_a_stop_by_anybody_ends_the_running_step",
        "tests/agents/test_agent_job.py",
    ),
    "AgentBudgetError": (
        "takes an agent at work",
        "test_a_job_asks_so_many_questions_and_no_more",
        "tests/agents/test_coding_build.py",
    ),
    "ModelError": (
        "takes an agent at work",
        "test_an_empty_answer_is_an_error_of_the_model",
        "tests/agents/test_coding_build.py",
    ),
    **dict.fromkeys(
        ("SnapshotBuildError", "SnapshotProfileError", "SnapshotHeaderError", "SnapshotPagesError"),
        (
            "takes a file that another writer made",
            "test_each_flaw_has_its_own_error",
            "tests/snapshot/test_snapshot_refusals.py",
        ),
    ),
}
"""Code -> why no page can show it, and the test that trips it."""
