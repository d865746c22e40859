"""What the sealed language has not, by the parser's name for it, and what to write instead. A table."""

from __future__ import annotations

from typing import Final, NamedTuple


class Refusal(NamedTuple):
    """What is wrong with a construct, and the rewrite."""

    message: str
    hint: str


_LOOP: Final = Refusal(
    "loops are not in the sealed language",
    "Use map, filter or reduce, or a function that calls itself: a tail call takes no stack and no gas.",
)
_CLASS: Final = Refusal(
    "classes are not in the sealed language", "Use records and functions: const make = (x) => ({ x });"
)
_CHANGE: Final = Refusal(
    "nothing changes in the sealed language",
    "Declare a new constant: const next = value + 1; or make a new record: ({ ...old, key: value }).",
)
_THROW: Final = Refusal(
    "errors are not thrown or caught in the sealed language", "Return ok(value) or err(reason), and look with match."
)
_NULL: Final = Refusal(
    "null and undefined are not in the sealed language",
    "Use none and some(value); a null of JSON is JsonNull.",
)
_GENERATOR: Final = Refusal("generators are not in the sealed language", "Make a list: List.range(n).map(...).")
_MODULE: Final = Refusal("there are no modules in the sealed language", "Write the functions into this program.")
_REGEX: Final = Refusal(
    "regular expressions are not in the sealed language",
    "Use split, indexOf, startsWith, endsWith, slice or replaceAll.",
)
_DEFAULT: Final = Refusal(
    "defaults are not in the sealed language", "Pass every argument, or pass an Option and use getOr."
)
_METHOD: Final = Refusal(
    "methods, getters and setters are not in the sealed language", "Write a function as a value: { name: (x) => ... }."
)

REFUSALS: Final = {
    "for_statement": _LOOP,
    "for_in_statement": _LOOP,
    "while_statement": _LOOP,
    "do_statement": _LOOP,
    "break_statement": _LOOP,
    "continue_statement": _LOOP,
    "class_declaration": _CLASS,
    "abstract_class_declaration": _CLASS,
    "class": _CLASS,
    "this": _CLASS,
    "super": _CLASS,
    "new_expression": _CLASS,
    "meta_property": _CLASS,
    "variable_declaration": _CHANGE,
    "assignment_expression": _CHANGE,
    "augmented_assignment_expression": _CHANGE,
    "update_expression": _CHANGE,
    "throw_statement": _THROW,
    "try_statement": _THROW,
    "null": _NULL,
    "undefined": _NULL,
    "optional_chain": Refusal("?. is not in the sealed language", 'Ask first: "key" in record ? record.key : other.'),
    "regex": _REGEX,
    "generator_function": _GENERATOR,
    "generator_function_declaration": _GENERATOR,
    "yield_expression": _GENERATOR,
    "import_statement": _MODULE,
    "import_alias": _MODULE,
    "import": _MODULE,
    "export_statement": _MODULE,
    "switch_statement": Refusal("switch is not in the sealed language", "Use if and else, or a record of functions."),
    "labeled_statement": Refusal("labels are not in the sealed language", "Delete the label."),
    "with_statement": Refusal("with is not in the sealed language", "Name the record: record.key."),
    "debugger_statement": Refusal("debugger is not in the sealed language", "Delete it; log(value) shows values."),
    "sequence_expression": Refusal("the comma operator is not in the sealed language", "Write one expression."),
    "function_expression": Refusal("function expressions are not in the sealed language", "Write an arrow: (x) => ..."),
    "assignment_pattern": _DEFAULT,
    "object_assignment_pattern": _DEFAULT,
    "optional_parameter": Refusal(
        "optional parameters are not in the sealed language",
        "Pass every argument; where one may be missing, an Option.",
    ),
    "method_definition": _METHOD,
    "decorator": Refusal("decorators are not in the sealed language", "Call the function yourself."),
    "enum_declaration": Refusal(
        "enums are not in the sealed language", 'Write a record: const Color = { Red: "red" };'
    ),
    "internal_module": Refusal("namespaces are not in the sealed language", "Write a record of functions."),
    "module": Refusal("namespaces are not in the sealed language", "Write a record of functions."),
    "private_property_identifier": _CLASS,
}

_BITS: Final = Refusal("bitwise operators are not in the sealed language", "Use Int.div, Int.mod and Int.pow.")
_LOOSE: Final = Refusal("only === and !== compare in the sealed language", "They compare by structure, for all values.")

OPERATORS: Final = {
    "==": _LOOSE,
    "!=": _LOOSE,
    "??": Refusal("?? is not in the sealed language", "Use an Option: Option.getOr(option, other)."),
    "**": Refusal("** is not in the sealed language", "Write Int.pow(base, exponent)."),
    "instanceof": Refusal("instanceof is not in the sealed language", "There are no classes; use typeof or match."),
    "void": _NULL,
    "delete": Refusal("delete is not in the sealed language", "Take the rest: const { key, ...others } = record;"),
    "+": Refusal("unary + is not in the sealed language", "Use Int.parse(text), which gives an Option."),
    **dict.fromkeys(("&", "|", "^", "<<", ">>", ">>>", "~"), _BITS),
}

NAMES: Final = {
    "undefined": _NULL,
    "NaN": Refusal("there is no NaN in the sealed language", "A result that is no integer is an error."),
    "Infinity": Refusal("there is no Infinity in the sealed language", "A result that is too large is an error."),
    "Promise": Refusal("there are no promises in the sealed language", "Effects are awaited one after another."),
    "Date": Refusal("there is no clock in the sealed language", "Pass the time in as input, or ask an effect."),
    "Math": Refusal("there is no Math in the sealed language", "Use Int.abs, Int.min, Int.max, Int.pow, or Decimal."),
    "JSON": Refusal(
        "there is no JSON in the sealed language", "Use Json.parse, which gives a Result, and Json.stringify."
    ),
    "Number": Refusal("there is no Number in the sealed language", "Use Int.parse, which gives an Option."),
    "String": Refusal("there is no String in the sealed language", "Use a template: `${value}`."),
    "Map": Refusal("there is no Map in the sealed language", "Use Dict.of([[key, value]])."),
    "Set": Refusal("there is no Set in the sealed language", "Use a Dict, or a list and includes."),
    "Symbol": Refusal("there are no symbols in the sealed language", "Use a string."),
    "BigInt": Refusal("there is no BigInt in the sealed language", "Use Decimal, up to 34 digits."),
    "console": Refusal("there is no console in the sealed language", "Write log(value)."),
    "tools": Refusal(
        "there are no tools in the sealed language", "Declared effects are called by await effects.name(...)."
    ),
    "arguments": Refusal("there is no arguments in the sealed language", "Name a rest parameter: (...items)."),
    "Proxy": Refusal("there are no proxies in the sealed language", "Use records."),
    "Reflect": Refusal("there is no reflection in the sealed language", "Use Object.keys, values and entries."),
    "globalThis": Refusal("there is no global object in the sealed language", "Name what you need."),
    "eval": Refusal("eval is not in the sealed language", "Write the code itself."),
    "Function": Refusal(
        "Function is not in the sealed language", 'Write a function; test with typeof x === "function".'
    ),
    "Array": Refusal("Array has no use in the sealed language", "Write [...], or List.range(n)."),
    "Error": _THROW,
}

KIND_NAMES: Final = "It is not one of the forms that docs/sealed.md lists."
"""The hint for a form that nobody has thought of."""
