"""What random bytes would never hit upon: the words of each format that is fuzzed, as libFuzzer's dictionaries.

The file format is that of libFuzzer: one quoted word a line, other than printable ASCII as `\\xNN`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final


def dictionary(words: Iterable[str]) -> str:
    """The text of a dictionary file."""
    return "".join(f'"{_quoted(word.encode("utf-8", "surrogatepass"))}"\n' for word in sorted(set(words)))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(re.split(r"\s+\|\s+", text.strip()))


def _quoted(word: bytes) -> str:
    plain = frozenset(range(32, 127)) - frozenset(b'"\\')
    return "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in word)


REPLY: Final = (
    *_words(r"""
    <tool-calls> </tool-calls> <thinking> </thinking> <think> </think> <tool- </tool ``` ~~~ ```` ` `` \ \`
    """),
    "\n```\n", "\r\n", "\r", "\n\n", "    ", "\t", "\u2028", "\ufeff", "😀", "<tool-calls>\nreturn 1\n</tool-calls>",
    *_phrases("""
    ``` js
    """),
)  # fmt: skip
"""Of a model's reply."""

JAVASCRIPT: Final = (
    *_words(r"""
    async await break case catch class const continue debugger default delete do else export extends false finally
    for function get if import in instanceof let new null of return set static super switch this throw true try
    typeof undefined var void while with yield using arguments eval NaN Infinity => ... ?. ?? ??= ||= &&= **= >>>=
    === !== << >> >>> ++ -- ** ${ `${ }` /*a*/ //x #x #!x @x 0x1F 0b1 1n 1e308 -0 .5 1_000 \u0061 \u{61} \ud800
    2147483647 4294967295 9007199254740993 {length:536870913} {length:536870911} /(?<a>x+)*\k<a>/dgimsuvy Array
    ArrayBuffer BigInt BigInt64Array
    DataView Date Error AggregateError Float16Array Function Generator Iterator JSON Map Math Number Object
    Promise Proxy RangeError Reflect RegExp Set String Symbol SyntaxError TypeError Uint8Array Uint8ClampedArray
    WeakMap WeakRef WeakSet globalThis Intl Temporal .at( .apply( .bind( .call( .concat( .copyWithin( .entries()
    .every( .fill( .filter( .find( .flat( .flatMap( .forEach( .from( .includes( .indexOf( .join( .keys()
    .lastIndexOf( .map( .pop() .push( .reduce( .reverse() .shift() .slice( .some( .sort( .splice( .toSorted(
    .toSpliced( .unshift( .values() .with( .codePointAt( .endsWith( .isWellFormed() .localeCompare( .match(
    .matchAll( .normalize( .padEnd( .repeat( .replace( .replaceAll( .search( .split( .substring( .toString(
    .toWellFormed() .trim() .then( .catch( .finally( .race( .any( .all( .allSettled( .withResolvers() .resolve(
    .reject( .next( .return( .throw( .take( .drop( .resize( .transfer( .transferToFixedLength( .subarray( .set(
    .byteLength .byteOffset .maxByteLength .toBase64() .fromBase64( .fromHex( .toHex() .setFromBase64( .getInt8(
    .setFloat64( .asUintN( .asIntN( .defineProperty( .freeze( .create( .assign( .groupBy( .setPrototypeOf(
    .getOwnPropertyDescriptors( .ownKeys( .construct( .raw` .stringify( .parse( .rawJSON( .isRawJSON( .exec(
    .test( .escape( .lastIndex Symbol.iterator Symbol.asyncIterator Symbol.species Symbol.toPrimitive
    Symbol.hasInstance Symbol.isConcatSpreadable Symbol.unscopables Symbol.toStringTag Symbol.replace Symbol.match
    tools.echo( tools.boom( tools.hang( tools.mcp.a.b( tools context console.log( .emitProgress( .prototype
    __proto__ constructor length name message stack cause errors toJSON valueOf then import( new.target
    import.meta
    """),
    "for await (const x of ", "for (const x in ", "label: ", "await using x = ", "return await ", "({__proto__: null, ",
    *_phrases("""
    async function* f( | function* g( | class A extends B { | get [Symbol.iterator]() { | new Proxy( |
    try { | } catch (e) { | } finally { | 'use strict';
    """),
)  # fmt: skip
"""Of JavaScript, and of what the jar gives to scripts."""

TYPESCRIPT: Final = (
    *_words(r"""
    interface type enum namespace module declare abstract private protected public readonly override implements as
    satisfies is asserts keyof infer unique symbol unknown never any string number boolean object bigint void
    accessor out require export= import= as:const !: ?: -? +? <T> <T,> <const T> [] | & @dec f<T>( <any>a a! a!.b
    `a${T}`
    """),
    "type A = ",
    *_phrases("""
    ): x is string | as const | : A<B<C>> | <T>(x: T) => T | this: void | let x!: T | interface A { |
    enum E {A = 1} | declare global { | namespace N { | abstract class A { | constructor(private x: T) |
    import type {A} from 'a' | a as any as T | {[K in keyof T]?: T[K]} | new (x: T) => U |
    asserts x is T | /// <
    """),
)  # fmt: skip
"""Of TypeScript besides."""

REPORT: Final = (
    *_words(r"""
    {"status":"running" {"status":"finished" {"status":"failed" ,"value": ,"error":{"code":" ,"calls":[[1,"x",[
    ,"aborts":[1] ,"abandoned":[1] ,"console":[{"level":"log","text":"a","position":65537}] 65537 -1 1e999
    ,"progress":[{"message":"a","kind":"b"}] ,"dropped":{"console":1,"progress":2} {"$bytes":"AA=="} NaN
    {"$object":{"$bytes":1}} "message":"m" "trace":" "position":65537 "known":["x"] "name_asked":"y" "hint":"h"
    "tool":"x" "retryable":true "details":{} "stack":[] "call_id":"1" "name":"throw" ScriptRuntimeError
    ScriptMemoryError ScriptTimeoutError ToolNotFoundError ScriptSyntaxError HarnessInternalError "\ud800"
    [[[[[[[[ ]]]]]]]] 9007199254740993 1e400 null true false 123456789012345678901234567890 -0 0.1
    """),
    "    at f (script.ts:1:1)", "    at script.ts:1:1",
)  # fmt: skip
"""Of what the prelude reports."""

IMAGE: Final = (
    *_words(r"""
    "source": "profile":"standard" "sealed" "limits":{ "open":[ "last_id": "used_s": "steps": "fuel_left":
    "memory_bytes": "timeout_ms":1 "memory_mb":4 [1,"echo",[],1,1] null -1 1e400 NaN 18446744073709551616 true
    """),
)  # fmt: skip
"""Of a frozen run's header."""

JOURNAL: Final = (
    *_words(r"""
    "type":"run" "type":"intent" "type":"answer" "type":"settle" "type":"abort" "type":"approval" "type":"end"
    "call":1 "calls":[1] "now_ms":0 "steps":1 "returned":true "by":"host" "by":"script" "value":1 "error":{
    "code":"ScriptRuntimeError" "message":"m" "outcome_sha256": "engine":"quickjs" "limits":{ "tools":["echo"]
    "context":{} "seed":"00" "profile":"standard" "source":"return 1" "format":1 "arguments":{} "asked":[] "n":0
    "tool":"echo" "line":1 "column":1 "unknown":true {"$bytes":"AA=="} null -1 1.5 1e400 NaN [] {}
    """),
)  # fmt: skip
"""Of a journal's records."""
