"""The ordered record of a run: enough to replay it bit for bit, and to know what a dead process had done.

`_records` has the kinds of records and their JSON lines, `_journal` the journal in memory, `_sink` where its lines are
kept besides (a file, or what a store gives). `_history` reads one back: the state of every call, which answers went
back in which step. `_replay` runs it again, `_state` seals the journal of a suspended run for a journey.
"""

from belljar.journal._history import CallState, CallStatus, History
from belljar.journal._journal import Journal
from belljar.journal._records import FORMAT, Record
from belljar.journal._replay import Result, advance, limits_of, replay, replay_limits, retrace, script_of
from belljar.journal._sink import Line, Sink
from belljar.journal._state import seal, unseal

__all__ = [
    "FORMAT",
    "CallState",
    "CallStatus",
    "History",
    "Journal",
    "Line",
    "Record",
    "Result",
    "Sink",
    "advance",
    "limits_of",
    "replay",
    "replay_limits",
    "retrace",
    "script_of",
    "seal",
    "unseal",
]
