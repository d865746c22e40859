"""What must hold when a round has come to its end, whatever the moments of the kills. Each law is a sentence.

The journal says what was meant to be done, the witness what was done, the store's rows what people see of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import belljar
from belljar.errors import BelljarError
from belljar.journal import History, Journal, Record
from campaign.kills.hands import IDEMPOTENT
from campaign.kills.round import Round

Outcomes = Mapping[str, str]
"""Hash of each script's outcome, by its name."""


def broken_laws(round_: Round, outcomes: Outcomes | None) -> list[str]:
    """Every law that was broken, as RUN: SENTENCE. `outcomes` are those without kills; None: not compared."""
    found = [f"{run_id}: {why}" for run_id in round_.run_ids for why in _of_run(round_, run_id, outcomes)]
    return [*found, *_of_store(round_)]


def outcomes_of(round_: Round) -> dict[str, str]:
    """Hashes of the outcomes of a round."""
    rows = (round_.store.runs.get(run_id) for run_id in round_.run_ids)
    return {row.id.rpartition("-")[0]: row.outcome_sha256 or "" for row in rows}


# -- a run ------------------------------------------------------------------------------------------------------------


def _of_run(round_: Round, run_id: str, outcomes: Outcomes | None) -> Iterator[str]:
    row = round_.store.runs.get(run_id)
    if row.state not in ("succeeded", "failed"):
        yield f"every run ends; this one is {row.state}"
        return
    journal = round_.store.runs.journal(run_id)
    records = journal.records
    if outcomes is not None and row.outcome_sha256 != outcomes[run_id.rpartition("-")[0]]:
        yield f"its outcome has other bytes than without kills: {_end(records)}"
    yield from _replayed(journal)
    yield from _calls(records)
    yield from _effects(round_, run_id, records)
    yield from _unknowns(round_, run_id, records)
    yield from _decisions(round_, run_id, records)
    yield from _ceilings(records)
    yield from _time(records)
    yield from _suspensions(round_, records)
    yield from _rows(row.calls, row.steps, records)


def _end(records: Iterable[Record]) -> str:
    end = History(records).end or {}
    return str(end.get("value") if not end.get("error") else end["error"])[:300]


def _replayed(journal: Journal) -> Iterator[str]:
    try:
        belljar.replay(journal)
    except BelljarError as error:
        yield f"its journal replays: {error.code}: {error.message}"


def _calls(records: Iterable[Record]) -> Iterator[str]:
    """The journal has one answer for each call, and nothing is sent after it."""
    answered: set[int] = set()
    for record in records:
        call = record.facts.get("call")
        if record.type == "intent" and call in answered:
            yield f"no answered call is made again; call {call} was"
        if record.type == "answer":
            if call in answered:
                yield f"a call is answered once; call {call} was answered again"
            answered.add(record.facts["call"])


def _effects(round_: Round, run_id: str, records: Iterable[Record]) -> Iterator[str]:
    """Nothing happens that the journal had not meant to, and what must not happen twice does not."""
    history = History(records)
    seen = Counter({call: n for (run, call), n in round_.witness.counts().items() if run == run_id})
    for call, count in sorted(seen.items()):
        meant = history.attempts.get(call, 0)
        if count > meant:
            yield f"call {call} happened {count} times and was sent {meant} times"
        tool = history.intents[call]["tool"] if call in history.intents else ""
        most = 1 + round_.voters.again[run_id, call]
        if tool not in IDEMPOTENT and count > most:
            yield f"call {call} of {tool} happened {count} times, at most {most} were wanted"
    keys = {(effect.call, effect.key) for effect in round_.witness.effects() if effect.run_id == run_id}
    if len(keys) != len(seen):
        yield f"a call has one idempotency key: {sorted(keys)}"


def _unknowns(round_: Round, run_id: str, records: Iterable[Record]) -> Iterator[str]:
    """A call is sent again only after a recovery that named it, or as it had asked; all are in the audit log."""
    named: Counter[int] = Counter()
    sent: Counter[int] = Counter()
    asked: Counter[int] = Counter()
    for record in records:
        call = record.facts.get("call", 0)
        named.update(one["call"] for one in record.facts.get("calls", ()) if record.type == "recover")
        asked[call] += record.type == "ask"
        sent[call] += record.type == "intent"
        if record.type == "intent" and sent[call] > 1 + named[call] + asked[call]:
            yield f"call {call} was sent {sent[call]} times after {named[call]} recoveries"
    told = Counter(
        record.facts["details"]["call"]
        for record in round_.store.audit.find("call.unknown", run_id=run_id, limit=10_000)
        if "how" in record.facts["details"]
    )
    if told != named:
        yield f"every call of unknown fate is in the audit log: the journal has {named}, the log {told}"


def _decisions(round_: Round, run_id: str, records: Iterable[Record]) -> Iterator[str]:
    """What people decided is what the run went on with, once."""
    used = Counter(record.facts["request"] for record in records if record.type == "approval" and "who" in record.facts)
    told = Counter(
        record.facts["details"]["approval"]
        for record in round_.store.audit.find("approval.used", run_id=run_id, limit=10_000)
    )
    if used != told or set(used.values()) - {1}:
        yield f"a decision is used once: the journal has {used}, the audit log {told}"
    given_up = {record.facts["call"] for record in records if record.type == "abort"}
    decided = {id_ for id_ in round_.voters.decided if id_.rpartition(":")[0] == run_id}
    if {id_ for id_ in decided - set(used) if _call_of(id_) not in given_up} or set(used) - decided:
        yield f"no decision is lost: {sorted(decided)} were made, {sorted(used)} used"
    for question in round_.store.approvals.find(run_id=run_id, limit=1_000):
        if question.state in ("open", "decided"):
            yield f"a question of an ended run is settled; {question.id} is {question.state}"


def _call_of(approval_id: str) -> int:
    """Ids are RUN:CALL, or RUN:CALL.ATTEMPT."""
    return int(approval_id.rpartition(":")[2].partition(".")[0])


def _ceilings(records: Iterable[Record]) -> Iterator[str]:
    """No approval for the run covers more calls than its ceiling."""
    history = History(records)
    for tool, facts in history.grants.items():
        ceiling, made = facts.get("ceiling") or {}, history.granted(facts["call"])
        if ceiling.get("calls") is not None and len(made) > ceiling["calls"]:
            yield f"the ceiling of {tool} is {ceiling}, and {len(made)} calls were made on it"
        if ceiling.get("sum_of") and sum(c["arguments"][ceiling["sum_of"]] for c in made) > ceiling["at_most"]:
            yield f"the ceiling of {tool} is {ceiling}, and more was spent"
    asked = {record.facts["call"] for record in records if record.type == "approval"}
    for call, intent in history.intents.items():
        if intent["tool"] in ("pay", "quorum", "asks") and call not in asked and "granted" not in intent:
            yield f"call {call} of {intent['tool']} was made on nobody's word"


def _time(records: Iterable[Record]) -> Iterator[str]:
    """The run's own time only grows."""
    times = [record.facts["spent_ms"] for record in records if "spent_ms" in record.facts]
    if times != sorted(times):
        yield f"running time is counted over the move: {times}"


def _suspensions(round_: Round, records: Sequence[Record]) -> Iterator[str]:
    """A run is not taken up for nothing, except where whoever took it was killed, or left."""
    pairs = pairwise(record.type for record in records)
    idle = sum(pair == ("suspend", "suspend") for pair in pairs)
    if idle > round_.kills + round_.leaves:
        yield f"a run is taken up when there is something to do; this one was {idle} times when there was not"


def _rows(calls: int, steps: int, records: Iterable[Record]) -> Iterator[str]:
    """The run's row says what its journal says."""
    history = History(records)
    if calls != len(history.intents):
        yield f"the row counts {calls} calls, the journal {len(history.intents)}"
    if history.end is not None and steps != history.end["steps"]:
        yield f"the row counts {steps} steps, the journal {history.end['steps']}"


# -- the store --------------------------------------------------------------------------------------------------------


def _of_store(round_: Round) -> Iterator[str]:
    try:
        round_.store.audit.verify()
    except BelljarError as error:
        yield f"the audit log is unbroken: {error.message}"
    if round_.is_stuck:
        yield "a worker that is asked to end comes to its end"
    for question in round_.store.approvals.open():
        yield f"nobody is asked for nothing: {question.id} is open"
