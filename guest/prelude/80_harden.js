// Takes away what must not be there, then freezes every object that a script can reach before it has made one itself.

// A new version of an engine may bring a global that nobody here has thought about, so the list says what stays.
const GLOBALS = new Set(`
    tools context console globalThis undefined NaN Infinity
    isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape
    Object Boolean Symbol Number BigInt Math Date String RegExp Array Map Set WeakMap WeakSet
    ArrayBuffer DataView Float16Array Float32Array Float64Array Int8Array Int16Array Int32Array
    Uint8Array Uint8ClampedArray Uint16Array Uint32Array BigInt64Array BigUint64Array
    Error AggregateError SuppressedError EvalError RangeError ReferenceError SyntaxError TypeError URIError
    Promise Proxy Reflect JSON Iterator DisposableStack AsyncDisposableStack
`.split(/\s+/));
for (const name of ownKeys(realm)) if (!GLOBALS.has(name)) delete realm[name];

// What one engine has and another has not: a script that a model writes once has to run on either.
for (const [object, names] of [
    [Map, ['getOrInsert', 'getOrInsertComputed']],
    [WeakMap, ['getOrInsert', 'getOrInsertComputed']],
    [Iterator, ['chunks', 'windows', 'includes', 'join']],
    [ArrayBuffer, ['immutable', 'sliceToImmutable', 'transferToImmutable']],
    [bindCall.constructor, ['fileName', 'lineNumber', 'columnNumber']],
    [Date, ['toTemporalInstant']],
    [BigInt, ['toLocaleString']],
]) for (const name of names) delete object.prototype[name];
for (const [object, names] of [
    [Math, ['sumPrecise']],
    [Iterator, ['concat', 'zip', 'zipKeyed']],
]) for (const name of names) delete object[name];

// Functions of the jar look like the engine's own: how they are written is not the script's business.
const functionPrototype = getPrototypeOf(bindCall);
const sourceOf = bindCall(functionPrototype.toString);
replaceMethod(functionPrototype, 'toString', () => ({
    toString() {
        if (typeof this === 'function' && weakHas(ours, this)) {
            return `function ${getOwnPropertyDescriptor(this, 'name')?.value ?? ''}() { [native code] }`;
        }
        const text = sourceOf(this);
        return stringSlice(text, -15) === '[native code]\n}' ? 'function () { [native code] }' : text;
    },
}).toString);

// Code from text, by every constructor of functions. The constructors are reachable from any function literal.
const noCode = freeze(function () { throw new TypeError('code cannot be made from text in the jar'); });
for (const sample of [function () {}, async function () {}, function* () {}, async function* () {}]) {
    defineProperty(getPrototypeOf(sample), 'constructor', { value: noCode, writable: false, configurable: false });
}

// Where a script may replace how backtraces are made. V8 needs two of them, and its host has fixed what they are.
for (const name of ['prepareStackTrace', 'captureStackTrace', 'stackTraceLimit']) Reflect.deleteProperty(Error, name);

// A frozen prototype would make `this.name = 'MyError'` or `counts.toString = 1` throw, since assignment respects an
// inherited read-only property. These become accessors whose setter makes an own property, as assignment would have.
const behindAccessors = [];

function allowOverride(object, key) {
    const found = getOwnPropertyDescriptor(object, key);
    if (!found || !('value' in found) || !found.configurable) return;
    const { value, enumerable } = found;
    arrayPush(behindAccessors, value);
    defineProperty(object, key, {
        get: { get() { return value; } }.get,
        set: {
            set(to) {
                if (this === object || (typeof this !== 'object' && typeof this !== 'function')) {
                    throw new TypeError(`cannot assign to the frozen property '${textOf(key)}'`);
                }
                defineProperty(this, key, { value: to, writable: true, enumerable: true, configurable: true });
            },
        }.set,
        enumerable,
        configurable: false,
    });
}

const OVERRIDABLE = [
    [Object.prototype, ['constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString', 'valueOf']],
    [Error.prototype, ['constructor', 'message', 'name', 'toString']],
    [Array.prototype, ['constructor', 'concat', 'filter', 'find', 'forEach', 'includes', 'indexOf', 'join', 'keys', 'length', 'map', 'pop', 'push', 'reduce', 'slice', 'some', 'sort', 'toString', 'values', 'entries', 'at', 'fill']],
    [Date.prototype, ['constructor', 'toJSON', 'toString']],
    [Promise.prototype, ['constructor', 'then', 'catch', 'finally']],
    [Map.prototype, ['constructor', 'get', 'set', 'has', 'delete', 'clear']],
    [WeakMap.prototype, ['get', 'set', 'has', 'delete']],
    [WeakSet.prototype, ['add', 'has', 'delete']],
    [RegExp.prototype, ['exec', 'test']],
    [Set.prototype, ['constructor', 'add', 'has', 'delete', 'clear']],
    [getPrototypeOf(function () {}), ['toString', 'name', 'length', 'call', 'apply', 'bind']],
    [getPrototypeOf(getPrototypeOf([][Symbol.iterator]())), ['constructor']],
];
for (const name of ownKeys(realm)) {
    const object = typeof realm[name] === 'function' ? realm[name].prototype : undefined;
    if (object) arrayPush(OVERRIDABLE, [object, ['constructor', 'toString', 'valueOf', 'toJSON']]);
}
for (const name of ['RangeError', 'TypeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError']) {
    arrayPush(OVERRIDABLE, [realm[name].prototype, ['constructor', 'message', 'name']]);
}
for (const [object, names] of OVERRIDABLE) for (const name of names) allowOverride(object, name);

function freezeReachable(roots) {
    const seen = new Set();
    const open = [];
    const reach = (value) => {
        if ((typeof value === 'object' && value !== null) || typeof value === 'function') arrayPush(open, value);
    };
    for (const root of roots) reach(root);
    while (open.length) {
        const next = open.pop();
        if (seen.has(next)) continue;
        seen.add(next);
        freeze(next);
        if (typeof next === 'function') weakAdd(ours, next);
        reach(getPrototypeOf(next));
        for (const key of ownKeys(next)) {
            const found = getOwnPropertyDescriptor(next, key);
            reach(found.value);
            reach(found.get);
            reach(found.set);
        }
    }
}

freezeReachable([
    realm, consoleObject, emitProgress, ...behindAccessors,
    function () {}, async function () {}, function* () {}, async function* () {},
    (function* () {})(), (async function* () {})(),
    [][Symbol.iterator](), ''[Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](),
    Iterator.from({ next() {} }), [].values().map((x) => x),
    ''.matchAll(/a/g), /a/[Symbol.matchAll](''),
    (function () { return arguments; })(), getOwnPropertyDescriptor((function () { 'use strict'; return arguments; })(), 'callee')?.get ?? {},
]);
