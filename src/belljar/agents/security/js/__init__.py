"""Rules of our own over JavaScript and TypeScript, on the syntax tree.

One file at a time, nothing run, nothing read but the text that is given. `_tree` parses, `_scope` says what a name
means, `_evaluate` follows values from where somebody outside chooses them (`_sources`), and each family of rules is a
module with a table. `_rules` is all of them.
"""

from belljar.agents.security.js._engine import TOOL, scan_source
from belljar.agents.security.js._rule import Rule
from belljar.agents.security.js._rules import RULES
from belljar.agents.security.js._rules import UNREAD as _UNREAD

UNREAD = _UNREAD.id
"""The rule of the one finding of a text that was given up."""

__all__ = ["RULES", "TOOL", "UNREAD", "Rule", "scan_source"]
