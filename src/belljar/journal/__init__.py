"""The ordered record of a run: enough to replay it bit for bit, and to know what a dead process had done.

`_records` has the kinds of records and their JSON lines, `_journal` the journal in memory and in a file, `_history`
reads one back: the state of every call, which answers went back in which step. `_replay` runs it again.
"""

from belljar.journal._history import CallState, CallStatus, History
from belljar.journal._journal import Journal
from belljar.journal._records import FORMAT, Record
from belljar.journal._replay import Result, advance, replay, replay_limits

__all__ = [
    "FORMAT",
    "CallState",
    "CallStatus",
    "History",
    "Journal",
    "Record",
    "Result",
    "advance",
    "replay",
    "replay_limits",
]
