"""The machine's globals, and what to write instead of the names that models expect and the machine has not.

Everything here is a table. The machine's own tests compare `GLOBALS` with the real jar.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from belljar.guess import closest

GLOBALS: Final = frozenset(
    """
    tools context console globalThis undefined NaN Infinity
    isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape
    Object Boolean Symbol Number BigInt Math Date String RegExp Array Map Set WeakMap WeakSet
    ArrayBuffer DataView Float16Array Float32Array Float64Array Int8Array Int16Array Int32Array
    Uint8Array Uint8ClampedArray Uint16Array Uint32Array BigInt64Array BigUint64Array
    Error AggregateError SuppressedError EvalError RangeError ReferenceError SyntaxError TypeError URIError
    Promise Proxy Reflect JSON Iterator DisposableStack AsyncDisposableStack
    """.split()  # noqa: SIM905 a table of words
)
"""Global names of the machine: the built-ins of ECMAScript 2023 and later, without those that make code from text,
share memory, show the garbage collector or tell the time, plus `tools`, `context` and `console`."""

BANNED_NAMES: Final = {
    "eval": "Write the code itself; text cannot be run as code.",
    "Function": 'Write a function or an arrow function; to test for one, write typeof x === "function".',
    "require": "There are no modules. Use the declared tools and the standard ECMAScript built-ins.",
}
"""Names that make code from text or load it; a use of the global is refused."""

_TIMER = "There are no timers. To wait, call the sleep tool if it is declared: await tools.sleep({ms})."
_FETCH = "There is no network. Call the http tool if it is declared: await tools.http({...})."
_FILES = "There are no files. Call the file tools that are declared, such as await tools.readFile({...})."
_PAGE = "There is no web page and no window. Return the value instead."
_HOST = "There is no host process. What the script may know is in `context`."
_BYTES = "Use Uint8Array, and the methods of String for text."
_THREAD = "A script is one thread. For parallel work, call tools together: await Promise.all([...])."
_COLLECTOR = "The garbage collector cannot be seen. Use Map, Set, WeakMap or WeakSet."
_MODULE = "There are no modules; end the script with `return value`."

INSTEAD: Final = {
    "fetch": _FETCH,
    "XMLHttpRequest": _FETCH,
    "axios": _FETCH,
    "WebSocket": _FETCH,
    "EventSource": _FETCH,
    "Request": _FETCH,
    "Response": _FETCH,
    "Headers": _FETCH,
    "AbortController": "Calls that lose a Promise.race or are not awaited are aborted by themselves.",
    "AbortSignal": "Calls that lose a Promise.race or are not awaited are aborted by themselves.",
    "setTimeout": _TIMER,
    "setInterval": _TIMER,
    "setImmediate": _TIMER,
    "clearTimeout": _TIMER,
    "clearInterval": _TIMER,
    "sleep": _TIMER,
    "queueMicrotask": "Write Promise.resolve().then(callback).",
    "process": _HOST,
    "Deno": _HOST,
    "Bun": _HOST,
    "os": _HOST,
    "global": "Write globalThis.",
    "self": "Write this, or globalThis.",
    "child_process": "There are no processes. Call the exec tool if it is declared.",
    "Buffer": _BYTES,
    "TextEncoder": _BYTES,
    "TextDecoder": _BYTES,
    "Blob": _BYTES,
    "atob": "There is no base64 built-in; decode it in a few lines, or let a tool do it.",
    "btoa": "There is no base64 built-in; encode it in a few lines, or let a tool do it.",
    "fs": _FILES,
    "path": "Join paths with template strings: `${folder}/${name}`.",
    "__dirname": _FILES,
    "__filename": _FILES,
    "File": _FILES,
    "module": _MODULE,
    "exports": _MODULE,
    "window": _PAGE,
    "document": _PAGE,
    "navigator": _PAGE,
    "location": _PAGE,
    "alert": _PAGE,
    "confirm": _PAGE,
    "prompt": _PAGE,
    "localStorage": "Nothing is kept between runs. Return the value, or call a tool that stores it.",
    "sessionStorage": "Nothing is kept between runs. Return the value, or call a tool that stores it.",
    "performance": "A script cannot measure its own speed. For the date, write new Date().",
    "crypto": "There is no crypto. For a number that need not be secret, write Math.random().",
    "URL": "Build addresses with template strings and encodeURIComponent.",
    "URLSearchParams": "Build queries with encodeURIComponent and join('&').",
    "structuredClone": "For plain data, write JSON.parse(JSON.stringify(value)).",
    "WebAssembly": "There is no WebAssembly inside the machine. Write the computation in TypeScript.",
    "SharedArrayBuffer": _THREAD,
    "Atomics": _THREAD,
    "Worker": _THREAD,
    "WeakRef": _COLLECTOR,
    "FinalizationRegistry": _COLLECTOR,
    "Intl": "There is no Intl. Format numbers with toFixed, dates with toISOString.",
    "Temporal": "Use Date.",
    "print": "Write console.log(...), or return the value.",
    "None": "This is Python. Write null.",
    "True": "This is Python. Write true.",
    "False": "This is Python. Write false.",
    "len": "This is Python. Write value.length.",
    "str": "This is Python. Write String(value).",
    "range": "This is Python. Write for (let i = 0; i < n; i++).",
    "arguments": "Outside a function there are no arguments.",
    "lodash": _MODULE,
    "_": _MODULE,
}
"""What to use instead of a name that is no global of the machine."""

MAX_GUESSES: Final = 10
"""Unknown names of one script that are compared with all known ones: each costs up to a millisecond."""


class Guesser:
    """Finds "did you mean" for the first few unknown names of a script."""

    __slots__ = ("_known", "_made")

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._made: dict[str, str] = {}

    def did_you_mean(self, name: str) -> str:
        """A sentence, or nothing."""
        if name not in self._made and len(self._made) < MAX_GUESSES:
            match = closest(name, self._known)
            self._made[name] = f"Did you mean '{match}'?" if match is not None else ""
        return self._made.get(name, "")
