"""What each name of a program means: its declaration, whether it may be read too early, and what functions capture.

A name is read too early where its declaration has not been executed yet. In the statements of the function that has
it, that is seen here; from inside another function it depends on when that is called, so the read is checked when it
happens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from belljar.guess import closest
from belljar.script._findings import Reporter, quote
from belljar.script.seal import _program as p
from belljar.script.seal._built_ins import EFFECTS, FUNCTIONS, GROUPS, RESERVED, VALUES
from belljar.script.seal._reader import LANGUAGE
from belljar.script.seal._refusals import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN: Final = "UndefinedNameError"
_NO_NAMES: Final = frozenset(("eval", "arguments", "let", "await", "undefined", "NaN", "Infinity", "yield", "static"))
"""Names that TypeScript's strict code cannot declare."""
_CALL_IT: Final = "A built-in is called where it is named: write (x) => {}(x)."
_AWAIT_IT: Final = "Write await {}(...); an async function is called by its name only."


@dataclass(slots=True, eq=False)
class Binding:
    """One declared name."""

    name: str
    owner: p.Function
    """The function whose body declares it."""
    number: int
    """Its place among all of the program: a name that no other has."""
    function: p.Function | None = None
    """What it names, where a declaration or an arrow says so."""
    is_ready: bool = False
    """Whether the pass is behind its declaration."""
    is_checked: bool = False
    """Whether somebody may read it too early."""


@dataclass(slots=True, eq=False)
class Names:
    """What the pass found out."""

    of_use: dict[int, Binding] = field(default_factory=dict)
    """By the offset of the name's use."""
    of_target: dict[int, Binding] = field(default_factory=dict)
    """By the offset of the declared name."""
    early: set[int] = field(default_factory=set)
    """Offsets of uses that may come too early."""
    captures: dict[int, tuple[Binding, ...]] = field(default_factory=dict)
    """By a function's offset: what it uses of the functions around it. Not the program's own names: they are the same
    for all closures of a run."""


def resolve(program: p.Function, reporter: Reporter, *, effects: Collection[str] | None) -> Names:
    """`effects` are the declared names; None leaves them unchecked."""
    pass_ = _Pass(reporter, effects)
    pass_.function(program)
    return pass_.names


class _Pass:
    def __init__(self, reporter: Reporter, effects: Collection[str] | None) -> None:
        self.names = Names()
        self._reporter = reporter
        self._effects = effects
        self._functions: list[p.Function] = []
        self._scopes: list[dict[str, Binding]] = []
        self._captured: list[dict[Binding, None]] = []

    # -- scopes -------------------------------------------------------------------------------------------------------

    def function(self, function: p.Function) -> None:
        with self._scope():
            self._functions.append(function)
            self._captured.append({})
            for pattern in (*function.parameters, *((function.rest,) if function.rest else ())):
                for target in p.names_in(pattern):
                    self._declare(target, None).is_ready = True
            self._block(function.body)
            self._functions.pop()
            mine = self._captured.pop()
            self.names.captures[function.at] = tuple(mine)
            self._pass_on(mine)

    def _pass_on(self, captured: Iterable[Binding]) -> None:
        """What a function captures, the one around it needs, unless it is its own."""
        if self._functions:
            here = self._functions[-1]
            self._captured[-1].update((binding, None) for binding in captured if binding.owner is not here)

    @contextmanager
    def _scope(self) -> Iterator[None]:
        self._scopes.append({})
        yield
        self._scopes.pop()

    def _block(self, block: p.Block) -> None:
        with self._scope():
            for statement in block.statements:
                self._foresee(statement)
            for statement in block.statements:
                self._statement(statement)

    def _foresee(self, statement: p.Statement) -> None:
        """All names of a block are there from its beginning, to be read when their declaration was executed."""
        if isinstance(statement, p.Declaration):
            self._declare(p.Target(at=statement.at, name=statement.function.name), statement.function)
        elif isinstance(statement, p.Const):
            named = statement.value if isinstance(statement.value, p.Function) else None
            for target in p.names_in(statement.target):
                self._declare(target, named if target is statement.target else None)

    def _declare(self, target: p.Target, function: p.Function | None) -> Binding:
        if target.name in RESERVED or target.name in _NO_NAMES:
            self._refuse(target.at, target.name, f"{quote(target.name)} is a built-in", "Choose another name.")
        elif target.name in self._scopes[-1]:
            self._refuse(target.at, target.name, f"{quote(target.name)} is declared twice", "Choose another name.")
        binding = Binding(target.name, self._functions[-1], len(self.names.of_target), function)
        self.names.of_target[target.at] = self._scopes[-1][target.name] = binding
        return binding

    # -- statements and expressions -----------------------------------------------------------------------------------

    def _statement(self, statement: p.Statement) -> None:
        if isinstance(statement, p.Declaration):
            self.names.of_target[statement.at].is_ready = True
            self.function(statement.function)
        elif isinstance(statement, p.Const):
            self._const(statement)
        elif isinstance(statement, p.Block):
            self._block(statement)
        else:
            self._inside(statement)

    def _const(self, const: p.Const) -> None:
        targets = [self.names.of_target[target.at] for target in p.names_in(const.target)]
        if isinstance(const.value, p.Function):  # it runs when it is called, and then it has its name
            for binding in targets:
                binding.is_ready = True
        self._visit(const.value)
        for binding in targets:
            binding.is_ready = True

    def _inside(self, node: p.Node) -> None:
        for child in p.children(node):
            self._visit(child)

    def _visit(self, node: p.Node) -> None:
        match node:
            case p.Function():
                self.function(node)
            case p.Block():
                self._block(node)
            case p.Name():
                self._value(node)
            case p.Call():
                self._call(node)
            case p.EffectCall():
                self._effect(node)
            case p.BuiltInCall():
                self._built_in(node)
            case _:
                self._inside(node)

    def _value(self, name: p.Name) -> None:
        binding = self._used(name)
        if binding is not None and binding.function is not None and binding.function.is_async:
            self._refuse(name.at, name.name, "an async function is no value", _AWAIT_IT.format(name.name))

    def _call(self, call: p.Call) -> None:
        callee = call.callee
        binding = self._used(callee) if isinstance(callee, p.Name) else None
        if not isinstance(callee, p.Name):
            self._visit(callee)
        is_async = binding is not None and binding.function is not None and binding.function.is_async
        if is_async and not call.awaited and isinstance(callee, p.Name):
            self._refuse(call.at, callee.name, f"{quote(callee.name)} is async", _AWAIT_IT.format(callee.name))
        if call.awaited and not is_async and binding is not None:
            self._refuse(call.at, binding.name, f"{quote(binding.name)} is not async", "Delete await.")
        self._awaits(call)
        for argument in call.arguments:
            self._visit(argument)

    def _effect(self, call: p.EffectCall) -> None:
        if not call.awaited:
            hint = f"Write await effects.{call.name}(...)."
            self._refuse(call.at, call.name, "the call of an effect is awaited", hint)
        if self._effects is not None and call.name not in self._effects:
            self._unknown(call.at, call.name, f"there is no effect {quote(call.name)}", self._effects)
        self._awaits(call)
        self._inside(call)

    def _awaits(self, call: p.Call | p.EffectCall) -> None:
        here = self._functions[-1]
        if call.awaited and not here.is_async:
            self._refuse(call.at, "", "await stands in an async function only", "Write async before the function.")

    def _built_in(self, call: p.BuiltInCall) -> None:
        group, _, name = call.name.rpartition(".")
        if group and name not in GROUPS[group]:
            self._unknown(call.at, name, f"there is no {call.name}", GROUPS[group])
        self._inside(call)

    # -- uses ---------------------------------------------------------------------------------------------------------

    def _used(self, use: p.Name) -> Binding | None:
        binding = next((scope[use.name] for scope in reversed(self._scopes) if use.name in scope), None)
        if binding is None:
            self._not_declared(use)
            return None
        self.names.of_use[use.at] = binding
        here, is_program = self._functions[-1], binding.owner is self._functions[0]
        if not binding.is_ready:
            self._too_early(use, binding, is_same=binding.owner is here)
        if binding.owner is not here and not is_program:
            self._captured[-1][binding] = None
        return binding

    def _too_early(self, use: p.Name, binding: Binding, *, is_same: bool) -> None:
        if is_same:
            hint = "Move the declaration up."
            self._refuse(use.at, use.name, f"{quote(use.name)} is used before it is declared", hint)
            return
        binding.is_checked = True
        self.names.early.add(use.at)

    def _not_declared(self, use: p.Name) -> None:
        if use.name in VALUES:
            return
        if use.name in FUNCTIONS or use.name in GROUPS or use.name == EFFECTS:
            hint = _CALL_IT.format(f"{use.name}.name" if use.name in GROUPS else use.name)
            self._refuse(use.at, use.name, f"{quote(use.name)} is a built-in and no value", hint)
        elif use.name in NAMES:
            self._refuse(use.at, use.name, *NAMES[use.name])
        else:
            known = {*RESERVED, *(name for scope in self._scopes for name in scope)}
            self._unknown(use.at, use.name, f"{quote(use.name)} does not exist here", known)

    def _unknown(self, at: int, name: str, message: str, known: Iterable[str]) -> None:
        near = closest(name, known)
        self._reporter.add(UNKNOWN, at, message, width=len(name), hint=f"Did you mean '{near}'?" if near else "")

    def _refuse(self, at: int, name: str, message: str, hint: str) -> None:
        self._reporter.add(LANGUAGE, at, message, width=max(len(name), 1), hint=hint)
