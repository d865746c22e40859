"""Rules about data that becomes objects: prototypes, deserialisers, models, XML."""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._fact import OUTSIDE, REMOTE, REQUEST
from belljar.agents.security.js._rule import (
    Rule,
    above,
    argument,
    arguments,
    callee,
    callee_path,
    fact,
    is_true,
    name_of,
    value_of,
)
from belljar.agents.security.js._tree import FUNCTIONS, Node

_MAX_LOOK: Final = 2_000
"""Characters of a function in which a recursive call and a guard are looked for."""
_GUARD: Final = re.compile(r"__proto__|['\"]prototype['\"]|Object\.create\(null\)|new Map\b|isUnsafe|isSafe|isProto")
_LOOPS: Final = frozenset({"for_in_statement"}) | FUNCTIONS


def _recursive_merge(assignment: Node) -> Node | None:
    """`target[key] = merge(target[key], source[key])` inside a loop over keys, in a function that calls itself."""
    left = assignment.part("left")
    if left is None or left.kind != "subscript_expression":
        return None
    key, held = left.part("index"), left.part("object")
    if key is None or held is None or key.kind != "identifier" or held.kind != "identifier":
        return None
    function = _named_function(assignment)
    if function is None or not _copies_keys(assignment, key.text, held.text):
        return None
    text = function.head(_MAX_LOOK)
    name, target, inner = map(re.escape, (_function_name(function), held.text, key.text))
    descends = rf"\b{name}\s*\(\s*{target}\s*\[\s*{inner}\s*\]"
    read_from = set(re.findall(rf"([\w$]+)\s*\[\s*{inner}\s*\]", text)) - {held.text}
    return assignment if read_from and re.search(descends, text) and not _GUARD.search(text) else None


def _named_function(node: Node) -> Node | None:
    """The function around that has a name: the nearest, or the one around a callback."""
    at = above(node, FUNCTIONS, steps=20)
    if at is not None and not _function_name(at):
        at = above(at, FUNCTIONS, steps=20)
    return at if at is not None and _function_name(at) else None


def _function_name(function: Node) -> str:
    holder = function.parent
    is_value = holder is not None and holder.kind in {"variable_declarator", "pair", "assignment_expression"}
    outer = (holder.part("name") or holder.part("key") or holder.part("left")) if is_value and holder else None
    return name_of(function.part("name") or outer)


def _copies_keys(node: Node, key: str, target: str) -> bool:
    """Whether the node is in a loop over the keys of something else than the object that is written to."""
    loop = above(node, _LOOPS, steps=12)
    if loop is None:
        return False
    names = loop.part("left") or loop.part("parameter") or loop.part("parameters")
    values = loop.part("right") or (callee(loop.parent.parent) if loop.parent and loop.parent.parent else None)
    if names is None or values is None:
        return False
    has_key = re.search(rf"\b{re.escape(key)}\b", names.head(_MAX_WORDS)) is not None
    return has_key and re.search(rf"\b{re.escape(target)}\b", values.head(_MAX_WORDS)) is None


_MAX_WORDS: Final = 200


def _keys_from_outside(assignment: Node) -> Node | None:
    left = assignment.part("left")
    held = left.part("object") if left else None
    if left is None or held is None or held.kind != "subscript_expression" or left.kind not in _ACCESSES:
        return None
    return assignment if fact(held.part("index")).origin & REMOTE else None


_ACCESSES: Final = frozenset({"subscript_expression", "member_expression"})


def _into_prototype(node: Node) -> Node | None:
    left, right = node.part("left"), node.part("right")
    is_assigned = name_of(left) == "__proto__" and fact(right).origin & OUTSIDE
    return node if is_assigned else None


def _assigned_to_prototype(call: Node) -> Node | None:
    target = fact(argument(call, 0)).path
    is_prototype = callee_path(call) == "Object.assign" and target.endswith((".prototype", ".__proto__"))
    return call if is_prototype and any(given.fact.origin & OUTSIDE for given in arguments(call)[1:]) else None


_DEEP: Final = ("merge", "mergeWith", "defaultsDeep", "set")
_MERGES: Final = frozenset(
    {
        f"@{module}.{name}"
        for module in ("lodash", "lodash-es")
        for name in ("merge", "mergeWith", "defaultsDeep", "set")
    }
    | {
        "@lodash.merge",
        "@lodash/merge",
        "@lodash/defaultsDeep",
        "@lodash/set",
        "@deepmerge",
        "@merge-deep",
        "@deep-extend",
    }
)


def _merged(call: Node) -> Node | None:
    if callee_path(call) in {"$.extend", "jQuery.extend"}:
        is_deep = is_true(argument(call, 0))
    else:
        is_deep = callee_path(call) in _MERGES
    return call if is_deep and any(given.fact.origin & REMOTE for given in arguments(call)) else None


_DESERIALISERS: Final = frozenset(
    {"@node-serialize.unserialize", "@serialize-to-js.deserialize", "@funcster.deepDeserialize", "@cryo.parse"}
)


def _unserialize(call: Node) -> Node | None:
    return call if callee_path(call) in _DESERIALISERS and not fact(argument(call, 0)).is_constant else None


def _v8(call: Node) -> Node | None:
    return call if callee_path(call) == "@v8.deserialize" and fact(argument(call, 0)).origin & OUTSIDE else None


def _yaml(call: Node) -> Node | None:
    if callee_path(call) not in {"@js-yaml.load", "@js-yaml.loadAll", "@js-yaml.safeLoad"}:
        return None
    schema = fact(value_of(arguments(call)[-1], "schema") if arguments(call) else None)
    return call if schema.path.endswith("DEFAULT_FULL_SCHEMA") or "js-yaml-js-types" in schema.path else None


_MODEL_CALLS: Final = (
    "create", "insertMany", "insertOne", "update", "updateOne", "updateMany", "findByIdAndUpdate", "findOneAndUpdate",
    "bulkCreate", "upsert", "build",
)  # fmt: skip
_MODEL: Final = re.compile(r"^[A-Z][a-z]\w*$")
_WHOLE_BODY: Final = frozenset({"%request.body", "%context.request.body"})


def _mass_assignment(call: Node) -> Node | None:
    function = callee(call)
    held = function.part("object") if function else None
    if held is None or not _MODEL.match(name_of(held)) or held.fact.path in _NO_MODELS:
        return None
    return (
        call
        if any(given.fact.path in _WHOLE_BODY and given.fact.origin & REQUEST for given in arguments(call))
        else None
    )


_NO_MODELS: Final = frozenset({"Object", "Promise", "Array", "Buffer", "Reflect"})


def _entities(call: Node) -> Node | None:
    return call if any(is_true(value_of(given, "noent")) for given in arguments(call)) else None


RULES: Final = (
    Rule(
        id="js-prototype-merge",
        title="Recursive merge that may write to the prototype",
        severity="high",
        confidence="medium",
        cwe=1321,
        message="A recursive merge copies every key, also __proto__, and so can change all objects.",
        help="Skip the keys __proto__, constructor and prototype, or merge into Object.create(null).",
        kinds=("assignment_expression",),
        check=_recursive_merge,
    ),
    Rule(
        id="js-prototype-keys",
        title="Request names the object's inner key",
        severity="high",
        confidence="high",
        cwe=1321,
        message="A value from outside is the key of the object that is written to; __proto__ changes all objects.",
        help="Use a Map, or refuse keys that are not in a list.",
        kinds=("assignment_expression",),
        check=_keys_from_outside,
    ),
    Rule(
        id="js-prototype-assign",
        title="Values from outside are copied into a prototype",
        severity="high",
        confidence="high",
        cwe=1321,
        message="A value from outside is copied into a prototype and so into all its objects.",
        help="Copy named values into an object of your own.",
        kinds=("assignment_expression",),
        calls=("assign",),
        check=lambda node: _into_prototype(node) or _assigned_to_prototype(node),
    ),
    Rule(
        id="js-merge-from-outside",
        title="Deep merge of a value from outside",
        severity="medium",
        confidence="medium",
        cwe=1321,
        message="A value from outside is merged deeply; in many versions of such functions __proto__ passes.",
        help="Copy named values, or check the value against a schema first.",
        calls=(
            "merge",
            "mergeWith",
            "defaultsDeep",
            "set",
            "deepmerge",
            "merge-deep",
            "deep-extend",
            "extend",
            "lodash/merge",
            "lodash/defaultsDeep",
            "lodash/set",
        ),
        check=_merged,
    ),
    Rule(
        id="js-unserialize",
        title="Deserialiser that runs functions in its input",
        severity="critical",
        confidence="high",
        cwe=502,
        message="This deserialiser runs functions that stand in its input.",
        help="Use JSON.parse, and check the result against a schema.",
        calls=("unserialize", "deserialize", "deepDeserialize", "parse"),
        check=_unserialize,
    ),
    Rule(
        id="js-v8-deserialize",
        title="V8's deserialiser on a value from outside",
        severity="medium",
        confidence="high",
        cwe=502,
        message="v8.deserialize is not made for input that somebody else writes.",
        help="Use JSON.parse, and check the result against a schema.",
        calls=("deserialize",),
        check=_v8,
    ),
    Rule(
        id="js-yaml-functions",
        title="YAML that may hold functions",
        severity="high",
        confidence="high",
        cwe=502,
        message="The schema lets a YAML text make functions and regular expressions.",
        help="Use load of js-yaml 4 with its default schema.",
        calls=("load", "loadAll", "safeLoad"),
        check=_yaml,
    ),
    Rule(
        id="js-mass-assignment",
        title="Model written from the whole body of a request",
        severity="medium",
        confidence="medium",
        cwe=915,
        message="The whole body of the request is written into a model, also fields that nobody offered.",
        help="Copy the fields that may be set, one by one or with a schema.",
        calls=_MODEL_CALLS,
        check=_mass_assignment,
    ),
    Rule(
        id="js-xml-entities",
        title="XML with entities put in",
        severity="high",
        confidence="medium",
        cwe=611,
        message="The option noent puts entities in, so that a document can read files and ask addresses.",
        help="Leave the option noent out.",
        calls=("parseXml", "parseXmlString", "parseXmlAsync", "parseHtml", "fromXml", "parse"),
        check=_entities,
    ),
)
