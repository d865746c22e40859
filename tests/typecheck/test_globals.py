"""What the machine has, the checker knows; what it has not, the checker does not promise."""

from __future__ import annotations

from runs import run_unchecked

from belljar.script import GLOBALS
from belljar.typecheck import TypeChecker

LISTING = """
const found = [];
const names = (value) => Object.getOwnPropertyNames(value).filter(name => /^[A-Za-z_$][\\w$]*$/.test(name));
for (const name of NAMES) {
  const value = globalThis[name];
  if (value === null || !['object', 'function'].includes(typeof value)) continue;
  for (const own of names(value)) found.push(`${name}.${own}`);
  for (let up = value.prototype; up; up = Object.getPrototypeOf(up)) {
    for (const own of names(up)) found.push(`${name}.prototype.${own}`);
  }
}
return found;
"""
NO_TOOLS = "declare const tools: {};\n"
AT_ONCE = 90
"""Lines of one check: findings are capped."""


def test_whatever_the_machine_has_may_be_used(checker: TypeChecker) -> None:
    """Every property of every global and of its prototypes, listed by the machine itself."""
    names = sorted(GLOBALS - {"globalThis", "tools", "context"})
    found = run_unchecked(LISTING.replace("NAMES", str(names))).value

    parts = ["\n".join(f"{path};" for path in found[at : at + AT_ONCE]) for at in range(0, len(found), AT_ONCE)]
    missing = [finding.message for part in parts for finding in checker.findings(part, NO_TOOLS)]
    assert missing == []
    assert len(found) > 900


def test_what_the_console_has_not_is_found(checker: TypeChecker) -> None:
    """The machine's console has five methods, and a browser's others would fail."""
    found = checker.findings("console.log(1); console.info(); console.table([1])", NO_TOOLS)

    assert [finding.message for finding in found] == [
        "Property 'table' does not exist on type 'MachineConsole'. (TS2339)"
    ]
