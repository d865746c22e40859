"""Scripts that end in each of the errors that a model may read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .trips import Script

SCRIPTS: Final[Mapping[str, Script]] = {
    "MalformedReplyError": Script(source="Here you are.\n<tool-calls>\nreturn 1\n", reply=True),
    "ScriptSyntaxError": Script(source="const rate = await tools.rate({base: 'EUR', quote: 'USD');\nreturn rate"),
    "ScriptTooLargeError": Script(source="return 'one two three four'", limits={"source_bytes": 20}),
    "BannedIdentifierError": Script(source="const fs = require('fs')\nreturn eval('1 + 1')"),
    "UndefinedNameError": Script(source="const total = 3\nreturn totl + 1"),
    "ScriptTypeError": Script(
        source="const r: string = await tools.rate({ base: 'EUR', quote: 7 })\nreturn r", types=True
    ),
    "ToolNotFoundError": Script(source="return await tools.rates({base: 'EUR', quote: 'USD'})"),
    "ScriptRuntimeError": Script(source="const user = null\nreturn user.name"),
    "ScriptTimeoutError": Script(source="const until = Infinity\nwhile (true) {}", limits={"timeout_ms": 100}),
    "ScriptMemoryError": Script(
        source="const all = []\nwhile (true) all.push('x'.repeat(1e6) + all.length)", limits={"memory_mb": 8}
    ),
    "ScriptStackError": Script(source="const down = (n) => down(n + 1) + 1\nreturn down(0)"),
    "ScriptCancelledError": Script(source="return await tools.slow({ms: 10000})", cancelled=True),
    "ToolExecutionError": Script(
        source="await tools.rate({base: 'EUR', quote: 'USD'})\nreturn await tools.open_exchange()"
    ),
    "ToolValidationError": Script(source="return await tools.rate({base: 'EUR', quote: 7})"),
    "ToolBudgetExceededError": Script(
        source="for (const quote of ['USD', 'GBP']) await tools.rate({base: 'EUR', quote})", limits={"tool_calls": 1}
    ),
    "ConcurrencyLimitError": Script(
        source="await Promise.all([1, 2, 3].map(() => tools.slow({ms: 10000})))",
        limits={"concurrent_calls": 1, "queued_calls": 1},
    ),
    "ApprovalDeniedError": Script(source="return await tools.refund({invoice: 'A1', cents: 500})", approver="none"),
    "ApprovalTimeoutError": Script(
        source="return await tools.refund({invoice: 'A1', cents: 500})",
        approver="nobody",
        limits={"approval_timeout_ms": 50},
    ),
    "RunSuspendedError": Script(source="return await tools.refund({invoice: 'A1', cents: 500})", approver="later"),
    "CallAbortedError": Script(
        source="const {id, done} = tools.spawn.slow({ms: 10000})\nawait tools.spawn.cancel(id)\nreturn await done"
    ),
    "NetworkPolicyError": Script(source="return await tools.http({url: 'https://other.example.com/'})"),
    "WorkspaceError": Script(source="return await tools.readFile({path: '../secrets.txt'})"),
    "PatchError": Script(
        source="await tools.applyPatch({patch: `--- a/notes.txt\n+++ b/notes.txt\n@@ -1 +1 @@\n-hello\n+goodbye\n`})",
        approver="all",
    ),
    "SerializationError": Script(source="return {when: () => 1}"),
    "ReturnValueTooLargeError": Script(source="return 'x'.repeat(50)", limits={"return_bytes": 20}),
    "DetachedPromiseError": Script(
        source="tools.slow({ms: 10000})\nreturn 1", limits={"allow_detached": False, "grace_ms": 0}
    ),
    "SealedLanguageError": Script(source="let total = 0\nwhile (total < 3) total++\nreturn total", sealed=True),
    "IntegerOverflowError": Script(source="return 9007199254740991 + 1", sealed=True),
    "InexactResultError": Script(source="return 1 / 3", sealed=True),
    "DivisionByZeroError": Script(
        source="return input.total / input.count", sealed=True, input={"total": 3, "count": 0}
    ),
    "TypeMismatchError": Script(source="return 'total: ' + 3", sealed=True),
    "IndexOutOfRangeError": Script(source="return [1, 2][2]", sealed=True),
    "PropertyNotFoundError": Script(source="return input.nam", sealed=True, input={"name": "Ana"}),
    "ArityError": Script(source="const twice = (n) => n * 2\nreturn twice(1, 2)", sealed=True),
    "NotAFunctionError": Script(source="return input.name()", sealed=True, input={"name": "Ana"}),
    "UseBeforeDeclarationError": Script(source="const f = () => n\nconst m = f()\nconst n = 1\nreturn m", sealed=True),
    "InvalidStringError": Script(source="return '😀'.slice(0, 1)", sealed=True),
    "UnencodableError": Script(source="return {twice: (n) => n * 2}", sealed=True),
    "DictKeyError": Script(source="return Dict.set(Dict.empty(), (n) => n, 1)", sealed=True),
    "LimitError": Script(source="const down = (n) => n === 0 ? 0 : down(n - 1) + 1\nreturn down(1000)", sealed=True),
    "CpuLimitError": Script(
        source="const down = (n) => n === 0 ? 0 : down(n - 1)\nreturn down(100000000)",
        sealed=True,
        limits={"timeout_ms": 200},
    ),
}
