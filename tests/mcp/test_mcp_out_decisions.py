"""Decisions that an operator leaves in a folder: who can, and what for."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp_out_support import KEY, PAY, Till

from belljar import ApprovalRequest, Decision, Outcome
from belljar.integrations.decisions import DecisionFolder
from belljar.tools import approval_digest

ARGUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.binary()
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=5,
)


def request_of(ordinal: int = 1, *, run_id: str = "run_1", **arguments: Any) -> ApprovalRequest:
    """A question of a run."""
    return ApprovalRequest(
        id=f"{run_id}:{ordinal}",
        run_id=run_id,
        script_sha256="0" * 64,
        ordinal=ordinal,
        call_id=str(ordinal),
        tool="pay",
        arguments=arguments,
        display=arguments,
        excerpt="",
        line=1,
        column=1,
        reason="pay always asks",
        elapsed_ms=0,
        expires_ms=60_000,
        digest=approval_digest("0" * 64, ordinal, "pay", arguments),
    )


def decided(folder: Path, request: ApprovalRequest, key: bytes = KEY) -> Decision | None:
    return asyncio.run(DecisionFolder(folder, key=key).decide(request))


def test_what_was_recorded_is_the_answer_and_the_rest_stays_open(tmp_path: Path) -> None:
    """In any process that has the key; a later decision on the same question counts instead of the earlier."""
    first, second = request_of(1, cents=1), request_of(2, cents=2)
    folder = DecisionFolder(tmp_path, key=KEY)
    folder.record(first, Decision.deny(first, "wait", who="ada", at_ms=5))
    folder.record(first, Decision.approve(first, who="ada"))

    assert decided(tmp_path, first) == Decision.approve(first, who="ada")
    assert decided(tmp_path, second) is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=st.dictionaries(st.text(st.characters(codec="utf-8")), ARGUMENTS, max_size=3), reason=st.text())
def test_any_decision_comes_back_as_it_was_made(tmp_path: Path, arguments: dict[str, Any], reason: str) -> None:
    """Edited arguments with bytes in them too."""
    request = request_of(cents=1)
    plain = reason.encode("utf-8", "replace").decode()
    for decision in (Decision.edit(request, arguments, who=plain), Decision.deny(request, plain)):
        DecisionFolder(tmp_path, key=KEY).record(request, decision)

        assert decided(tmp_path, request) == decision


def test_a_decision_counts_for_the_question_that_was_shown(tmp_path: Path) -> None:
    """Another call, other arguments or another run with the same number is another question."""
    asked = request_of(1, cents=1)
    DecisionFolder(tmp_path, key=KEY).record(asked, Decision.approve(asked))

    (file,) = tmp_path.iterdir()
    (tmp_path / "run_2.decisions").write_bytes(file.read_bytes())

    others = [request_of(1, cents=2), request_of(2, cents=1), request_of(1, run_id="run_2", cents=1)]
    assert [decided(tmp_path, other) for other in others] == [None, None, None]


@pytest.mark.parametrize(
    "forge",
    [
        lambda line: line.replace(b'"deny"', b'"approve"'),
        lambda line: line.replace(b'"tag":"', b'"tag":"0'),
        lambda line: line[:40],
        lambda _: b"null\n",
        lambda _: b"[]\n",
        lambda _: b'{"decision": {"verdict": "approve"}}\n',
        lambda _: b'{"decision": 1, "tag": "x"}\n',
        lambda _: b'{"decision": {}, "tag": "\xc3\xbc"}\n',
        lambda _: b"\xff\xfe\n",
        lambda _: b"[" * 100_000 + b"\n",
    ],
)
def test_a_line_that_is_not_sealed_decides_nothing(
    tmp_path: Path, forge: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """What a script could write by a tool of its own: it is told in the log, and the question stays open."""
    asked = request_of(cents=1)
    DecisionFolder(tmp_path, key=KEY).record(asked, Decision.deny(asked))
    (file,) = tmp_path.iterdir()
    file.write_bytes(forge(file.read_bytes()))

    with caplog.at_level(logging.WARNING):
        assert decided(tmp_path, asked) is None

    assert [record.message for record in caplog.records] == ["a decision on run_1 is not sealed with this key"]


def test_a_decision_under_another_key_is_none(tmp_path: Path) -> None:
    """Each user has a key of his own: another's decisions do not count."""
    asked = request_of(cents=1)
    DecisionFolder(tmp_path, key=b"o" * 32).record(asked, Decision.approve(asked))

    assert decided(tmp_path, asked) is None


def test_decisions_can_be_read_by_their_owner_alone(tmp_path: Path) -> None:
    """They may hold arguments."""
    asked = request_of(cents=1)
    DecisionFolder(tmp_path, key=KEY).record(asked, Decision.approve(asked))

    (file,) = tmp_path.iterdir()
    assert (file.name, oct(file.stat().st_mode & 0o777)) == ("run_1.decisions", "0o600")


def test_it_is_an_approver_of_any_harness(tmp_path: Path) -> None:
    """A harness without a server goes on with what was decided meanwhile."""

    async def run() -> tuple[Outcome, Outcome, list[int]]:
        till, folder = Till(), DecisionFolder(tmp_path, key=KEY)
        async with till.harness(tmp_path, approver=folder) as harness:
            first = await harness.run(PAY)
            assert first.suspension is not None
            (request,) = first.suspension.pending
            folder.record(request, Decision.approve(request))
            return first, await harness.resume(first.suspension.state), till.paid

    first, last, paid = asyncio.run(run())

    assert (first.status, last.value, paid) == ("suspended", "paid 5", [5])
