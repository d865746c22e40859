"""What the compiler's words are worth: of all that it says, what is wrong under every reading of the script. Pure.

Strict TypeScript refuses much that runs fine: `map.get(key).push(x)`, `date1 - date2`, `parseFloat(5)`, an annotation
that promises too much. A script that would run fine must not come back to the model, so something is found only if

1. it is of a kind that `KINDS` or `ARGUMENT` lists: a property, method or argument that is not there or of another
   type; a call of what is no function; a promise that nobody awaited; a comparison with what the tools never give;
2. both readings say so. The TypeScript one honours `any`, casts and unions; the JavaScript one lets objects grow,
   parameters be left out, arguments go by position, null be anywhere;
3. no excuse holds (`_excuses`): a property of one member of a union, one that the script itself writes, and the like.
   Whether a value is there, and which of its declared forms it has, is data and never a fault.

One exception to 2: where an annotation of the script's own contradicts what the tools declare, the TypeScript reading
believes the annotation; then the JavaScript reading alone decides, unless the script asks for `any` or casts.

What the tools declare is taken at its word: a text for a number is found, though a validator might take it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from belljar.typecheck._excuses import Excuses
from belljar.typecheck._remarks import ARGUMENT, KINDS, Remark

_ESCAPE: Final = re.compile(r"\bany\b|\bas\b(?!\s+const\b)|\bsatisfies\b|@ts-")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One script and what both readings say of it."""

    units: str
    """The source."""
    declarations: str
    typescript: Sequence[Remark]
    javascript: Sequence[Remark]
    calls: Collection[tuple[int, int]]
    """The calls that the JavaScript reading complains of, from the first unit to behind the last."""

    def found(self) -> list[Remark]:
        """What is wrong beyond doubt, in the order of the text, one at a place."""
        at_place = {remark.start: remark for remark in (*self._members(), *self._arguments())}
        return [at_place[start] for start in sorted(at_place)]

    def _arguments(self) -> Iterable[Remark]:
        """In the words of the strict reading, which has the parameters as they are declared."""
        for remark in self._unfit:
            if self._is_called(remark) and not self._excuses.holds_for_argument(remark):
                yield remark

    def _members(self) -> Iterable[Remark]:
        for remark in self.javascript:
            kind = KINDS.get(remark.code)
            if kind is None or self._excuses.holds(kind, remark):
                continue
            strict = [other for other in self.typescript if other.start == remark.start]
            if strict:
                yield next((other for other in strict if other.code == remark.code), strict[0])
            elif self._contradicts_itself:
                yield remark

    @cached_property
    def _excuses(self) -> Excuses:
        return Excuses(self.units, self.declarations, self.javascript)

    @cached_property
    def _unfit(self) -> list[Remark]:
        return [remark for remark in self.typescript if remark.code in ARGUMENT]

    def _is_called(self, remark: Remark) -> bool:
        return any(start <= remark.start < end for start, end in self.calls)

    @cached_property
    def _contradicts_itself(self) -> bool:
        """Whether the script's own annotations and the tools' declarations cannot both be true."""
        return not _ESCAPE.search(self.units) and not all(map(self._is_called, self._unfit))
