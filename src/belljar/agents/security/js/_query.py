"""Rules about queries to a database."""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._fact import HOLE, REMOTE, Fact
from belljar.agents.security.js._rule import Rule, argument, callee, fact, name_of, pairs, value_of
from belljar.agents.security.js._tree import Node

_SQL: Final = re.compile(
    r"\s*(?:select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from|with\b.+\bas)\b", re.I | re.S
)
_VALUE_PLACE: Final = re.compile(rf"(?:=|<|>|\blike|\bvalues\s*\(|\bin\s*\(|,|\bbetween|\band)\s*['\"%]*{HOLE}", re.I)
"""Where a value stands, which a parameter could carry; names of tables and columns cannot be parameters."""
_CALLS: Final = (
    "query", "execute", "raw", "queryRaw", "$queryRawUnsafe", "$executeRawUnsafe", "unsafe", "literal", "whereRaw",
    "havingRaw", "orderByRaw", "prepare", "exec", "all", "run", "each", "one", "none", "many", "any", "oneOrNone",
    "manyOrNone", "simpleQuery",
)  # fmt: skip
_TEXT_NAMES: Final = ("text", "sql", "query")


def _query_text(call: Node) -> Fact:
    first = argument(call, 0)
    for name in _TEXT_NAMES:
        if value := value_of(first, name):
            return value.fact
    return fact(first)


def _is_fragment(call: Node) -> bool:
    """Whether the function takes a part of a query, which starts with no verb."""
    return name_of(callee(call)) in {"whereRaw", "havingRaw", "orderByRaw"}


def _sql_from_outside(call: Node) -> Node | None:
    text = _query_text(call)
    if not text.origin or text.text is None or HOLE not in text.text:
        return None
    return call if _is_fragment(call) or _SQL.match(text.text) else None


def _sql_built(call: Node) -> Node | None:
    text = _query_text(call)
    if text.origin or text.text is None or HOLE not in text.text or not _SQL.match(text.text):
        return None
    return call if _VALUE_PLACE.search(text.text) else None


def _where(node: Node) -> Node | None:
    if node.kind == "pair":
        code = fact(node.part("value") if name_of(node.part("key")) == "$where" else None)
    else:
        code = fact(argument(node, 0))
    return node if code.origin & REMOTE or code.is_built else None


_FINDERS: Final = (
    "find", "findOne", "findOneAndUpdate", "findOneAndDelete", "updateOne", "updateMany", "deleteOne", "deleteMany",
    "countDocuments", "findOneAndReplace", "replaceOne",
)  # fmt: skip


def _filter_from_outside(call: Node) -> Node | None:
    given = argument(call, 0)
    if given is None:
        return None
    values = [value for _, value in pairs(given)] or [given]
    return call if any(_may_be_operator(value.fact) for value in values) else None


def _may_be_operator(value: Fact) -> bool:
    """Whether somebody can send `{"$ne": null}` here: a parsed body or query can hold objects, a path's part cannot."""
    if not value.origin & REMOTE or value.text is not None:
        return False
    return value.path.startswith("%") and (".body" in value.path or ".query" in value.path)


RULES: Final = (
    Rule(
        id="js-sql-from-outside",
        title="SQL with a value from outside",
        severity="critical",
        confidence="high",
        cwe=89,
        message="A value from outside becomes part of the text of a query.",
        help="Put a placeholder into the text and the value into the list of parameters.",
        calls=_CALLS,
        check=_sql_from_outside,
    ),
    Rule(
        id="js-sql-built",
        title="SQL put together from parts",
        severity="medium",
        confidence="medium",
        cwe=89,
        message="A value is put into the text of a query.",
        help="Put a placeholder into the text and the value into the list of parameters.",
        calls=_CALLS,
        check=_sql_built,
    ),
    Rule(
        id="js-nosql-where",
        title="JavaScript for the database put together from parts",
        severity="high",
        confidence="high",
        cwe=943,
        message="$where runs a text that is put together at run time in the database.",
        help="Use the query's own operators; never give $where a text with a value in it.",
        kinds=("pair",),
        calls=("$where",),
        check=_where,
    ),
    Rule(
        id="js-nosql-filter",
        title="Filter of a query with an unchecked value of a request",
        severity="high",
        confidence="medium",
        cwe=943,
        message="A part of the request stands in a filter as it came; an object in it is an operator, such as $ne.",
        help="Turn the value into a text with String(value), or check the request against a schema first.",
        calls=_FINDERS,
        check=_filter_from_outside,
    ),
)
