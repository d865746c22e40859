"""The sealed profile's compiler: from a text to plain JavaScript that is metered and cannot leave the runtime.

Passes, each a module: `_reader` (the parser's tree becomes a program; what the language has not is refused), `_names`
(declarations, captures, reads that come too early), `_frames` (functions that would take too much stack), `_gas` (what
each segment costs, which calls are tail calls) and `_emit` (text for the machine). `_program` is what they hand on;
`_refusals`, `_built_ins` and `_costs` are tables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from belljar.script._findings import Reporter
from belljar.script._grammar import Tree
from belljar.script.seal._costs import costs, gas_table_sha256
from belljar.script.seal._emit import emit
from belljar.script.seal._frames import report_wide
from belljar.script.seal._gas import meter
from belljar.script.seal._names import resolve
from belljar.script.seal._reader import Reader, well_parsed

__all__ = ["costs", "gas_table_sha256", "seal", "well_parsed"]


def seal(
    tree: Tree, reporter: Reporter, *, costs: Mapping[str, int], effects: Collection[str] | None = None
) -> str | None:
    """The compiled text, the body of a function that gives the program; None where the reporter was told what is wrong.

    `costs` are units of gas by id; `effects` are the declared names, None leaves them unchecked.
    """
    program = Reader(tree, reporter).program()
    names = resolve(program, reporter, effects=effects)
    report_wide(program, reporter)
    if reporter:
        return None
    return f"return {emit(program, names, meter(program, costs), reporter.lines)};"
