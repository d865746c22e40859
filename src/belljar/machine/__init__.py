"""The machine: a script goes in, steps come out.

`_protocol` has the values and the state table, pure. `_machine` is what all engines do alike: `_report` reads what a
step says, `_places` where in the source that was. `_quickjs` is the default engine: `_engine` makes and clones its base
image (`_bake` writes it, `_cache` keeps it, `_pool` speeds it up), `_frozen` is the format of a frozen run, `_watchdog`
holds the clock. `_remote` is a machine in another process: `_worker` is one, `_workers` the pool, `_v8_worker` and
`_quickjs_worker` are the programs they run. `_open` chooses an engine by name.
"""

from belljar.machine._cache import user_key
from belljar.machine._open import (
    ENGINES,
    ISOLATIONS,
    METERED,
    check_compiles,
    guest_facts,
    installed_engines,
    open_machine,
    thaw,
)
from belljar.machine._protocol import (
    TRANSITIONS,
    Answer,
    Call,
    ConsoleLine,
    Figures,
    Finished,
    Machine,
    Output,
    Progress,
    State,
    Step,
    Waiting,
)

__all__ = [
    "ENGINES",
    "ISOLATIONS",
    "METERED",
    "TRANSITIONS",
    "Answer",
    "Call",
    "ConsoleLine",
    "Figures",
    "Finished",
    "Machine",
    "Output",
    "Progress",
    "State",
    "Step",
    "Waiting",
    "check_compiles",
    "guest_facts",
    "installed_engines",
    "open_machine",
    "thaw",
    "user_key",
]
