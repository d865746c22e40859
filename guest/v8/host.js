// What the prelude asks of its engine, on V8. QuickJS has this in jar.c; here it is JavaScript that runs before the
// prelude, in a fresh isolate. The value of this expression is `boot`, which makes the one function that the worker
// process calls: enter(op, now_ms, text, compiled, refusal).
(function (prelude) {
'use strict';
const SCRIPT = 'script.ts';
const KINDS = {
    __proto__: null, 'Array buffer allocation failed': 1, 'ArrayBuffer.prototype.resize: Out of memory': 1,
    'Invalid string length': 1, 'Maximum call stack size exceeded': 2,
};
const FRAMES = 50;
const NAME_CHARS = 80;
const { apply, construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const { parse } = JSON;
const NativeDate = globalThis.Date;
const NativeError = Error;
const NativeSyntaxError = SyntaxError;
const bindCall = Function.prototype.call.bind(Function.prototype.bind, Function.prototype.call);
const weakGet = bindCall(WeakMap.prototype.get);
const weakSet = bindCall(WeakMap.prototype.set);
const toWellFormed = bindCall(String.prototype.toWellFormed);
const charCodeAt = bindCall(String.prototype.charCodeAt);
const { get: getStack, set: setStack } = getOwnPropertyDescriptor(new NativeError(), 'stack');
const keptStack = bindCall(Object.freeze(getStack));
Object.freeze(setStack);

let now = 0;
let compiled;
let refusal;

// -- positions --------------------------------------------------------------------------------------------------------

const noted = new WeakMap();    // error -> [trace, line << 16 | column of its innermost script frame]

const SITE = getSiteMethods();

// The methods of V8's call sites, taken from a genuine one: a script can pass anything to Error.prepareStackTrace.
function getSiteMethods() {
    let prototype;
    NativeError.prepareStackTrace = (_error, sites) => { prototype = Object.getPrototypeOf(sites[0]); };
    new NativeError().stack;
    const method = (name) => bindCall(prototype[name]);
    return {
        file: method('getScriptNameOrSourceURL'), line: method('getLineNumber'), column: method('getColumnNumber'),
        name: method('getFunctionName'), isAsync: method('isAsync'),
    };
}

// V8 calls this once an error, when its stack is first read. Frames of the prelude are nobody's business. Who awaits is no
// frame of the call, but the only one there is where a built-in promise made the error.
function prepareStackTrace(error, sites) {
    const [kept, position] = framed(sites, false);
    const trace = kept === '' ? framed(sites, true)[0] : kept;
    if (typeof error === 'object' && error !== null) weakSet(noted, error, [trace, position]);
    return trace;
}

// The name of a function as one word of a trace: a script can give any name to one.
function plain(name) {
    let shown = '';
    for (let i = 0; i < name.length && i < NAME_CHARS; i++) {
        const unit = charCodeAt(name, i);
        shown += unit < 0x20 || unit === 0x28 || unit === 0x29 ? '_' : name[i];
    }
    return toWellFormed(shown);
}

function framed(sites, isAsync) {
    let trace = '';
    let position = 0;
    for (let i = 0; i < sites.length; i++) {
        if (SITE.file(sites[i]) !== SCRIPT || SITE.line(sites[i]) < 2 || SITE.isAsync(sites[i]) !== isAsync) continue;
        const line = SITE.line(sites[i]) - 1;
        const column = SITE.column(sites[i]);
        position ||= pack(line, column);
        trace += `    at ${plain(SITE.name(sites[i]) ?? '<anonymous>')} (${SCRIPT}:${line}:${column})\n`;
    }
    return [trace, position];
}

const pack = (line, column) => (line > 32767 ? 0 : line << 16 | column & 0xffff);

function note(error) {
    try {
        keptStack(error);
    } catch {
        return undefined;
    }
    return weakGet(noted, error);
}

defineProperty(Error, 'prepareStackTrace', { value: prepareStackTrace, writable: false, configurable: false, enumerable: false });
defineProperty(Error, 'stackTraceLimit', { value: FRAMES, writable: false, configurable: false, enumerable: false });

// -- what the prelude calls -------------------------------------------------------------------------------------------

const host = {
    // The worker has parsed the script before it entered: only the engine's own parser knows where an error is.
    compile() {
        if (compiled !== undefined) return compiled;
        const error = new NativeSyntaxError(refusal.message);
        note(error);    // V8's own idea of where it was made, before the parser's is put in its place
        weakSet(noted, error, [`    at ${SCRIPT}:${refusal.line}:${refusal.column}\n`, 0]);
        throw error;
    },
    position() {
        const here = new NativeError();
        return note(here)[1];
    },
    trace(error) {
        if (typeof error !== 'object' || error === null) return undefined;
        return note(error)?.[0];
    },
    kind(error) {
        if (typeof error !== 'object' || error === null || note(error) === undefined) return 0;
        const message = getOwnPropertyDescriptor(error, 'message')?.value;
        return (typeof message === 'string' && KINDS[message]) || 0;
    },
    // The worker process bounds memory and stack; V8 does not tell where they ran out, nor where a value was thrown.
    memory() {},
    stack() {},
    thrown: () => 0,
    exhausted: () => 0,
    size(text) {
        let bytes = text.length;
        for (let i = 0; i < text.length; i++) {
            const unit = charCodeAt(text, i);
            if (unit < 0x80) continue;
            const paired = (unit & 0xfc00) === 0xd800 && (charCodeAt(text, i + 1) & 0xfc00) === 0xdc00;
            if (paired) i++;
            bytes += unit < 0x800 ? 1 : 2;
        }
        return bytes;
    },
};

// -- what differs in V8's realm ---------------------------------------------------------------------------------------

// The run's clock, in UTC: the worker's time zone.
function ClockDate(...parts) {
    if (new.target === undefined) return withoutZone(dateText(new NativeDate(now)));
    return construct(NativeDate, parts.length ? parts : [now], new.target);
}
for (const name of ownKeys(NativeDate)) defineProperty(ClockDate, name, getOwnPropertyDescriptor(NativeDate, name));
defineProperty(ClockDate, 'now', { value: { now() { return now; } }.now, writable: true, enumerable: false, configurable: true });
defineProperty(NativeDate.prototype, 'constructor', { value: ClockDate, writable: true, enumerable: false, configurable: true });
defineProperty(globalThis, 'Date', { value: ClockDate, writable: true, enumerable: false, configurable: true });

// What V8 knows of time zones and locales depends on its version and its data; here there is no zone but UTC and no
// locale, as on QuickJS.
const dateMethod = (name) => bindCall(NativeDate.prototype[name]);
const [year, month, ofMonth, hour, minute, second, dateText, timeText] = [
    'getUTCFullYear', 'getUTCMonth', 'getUTCDate', 'getUTCHours', 'getUTCMinutes', 'getUTCSeconds', 'toString', 'toTimeString',
].map(dateMethod);
const normalize = bindCall(String.prototype.normalize);
const [stringSplit, padStart, toLower, toUpper] = ['split', 'padStart', 'toLowerCase', 'toUpperCase'].map(
    (name) => bindCall(String.prototype[name]));
const numberText = bindCall(Number.prototype.toString);
const two = (number) => padStart(`${number}`, 2, '0');
const withoutZone = (text) => stringSplit(text, ' (')[0];

function dayText(date) {
    const number = year(date);
    const shown = number < 0 ? `-${padStart(`${-number}`, 4, '0')}` : padStart(`${number}`, 4, '0');
    return `${two(month(date) + 1)}/${two(ofMonth(date))}/${shown}`;
}

const clockText = (date) =>
    `${two(hour(date) % 12 || 12)}:${two(minute(date))}:${two(second(date))} ${hour(date) < 12 ? 'AM' : 'PM'}`;
const unlessInvalid = (text) => function (date) { return year(date) === year(date) ? text(date) : 'Invalid Date'; };

// UTF-16 units in the order of code points: surrogates come last.
const rank = (unit) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

function compareText(one, other) {
    const [a, b] = [normalize(one), normalize(other)];
    for (let i = 0; i < a.length && i < b.length; i++) {
        const difference = rank(charCodeAt(a, i)) - rank(charCodeAt(b, i));
        if (difference) return difference < 0 ? -1 : 1;
    }
    return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

for (const [object, name, action] of [
    [NativeDate, 'toString', (date) => withoutZone(dateText(date))],
    [NativeDate, 'toTimeString', (date) => withoutZone(timeText(date))],
    [NativeDate, 'toLocaleString', unlessInvalid((date) => `${dayText(date)}, ${clockText(date)}`)],
    [NativeDate, 'toLocaleDateString', unlessInvalid(dayText)],
    [NativeDate, 'toLocaleTimeString', unlessInvalid(clockText)],
    [Number, 'toLocaleString', (number) => numberText(number)],
    [String, 'localeCompare', (text, other) => compareText(text, `${other}`)],
    [String, 'toLocaleLowerCase', (text) => toLower(text)],
    [String, 'toLocaleUpperCase', (text) => toUpper(text)],
]) {
    const native = object.prototype[name];
    const method = { [name](other) { return action(this, other); } }[name];
    defineProperty(method, 'length', getOwnPropertyDescriptor(native, 'length'));
    defineProperty(object.prototype, name, { value: method, writable: true, enumerable: false, configurable: true });
}

// RegExp.$1 and its kin: what the last match anywhere was.
const OWN_OF_REGEXP = ['length', 'name', 'prototype', 'escape', Symbol.species];
for (const name of ownKeys(RegExp)) if (!OWN_OF_REGEXP.includes(name)) deleteProperty(RegExp, name);

Object.setPrototypeOf(globalThis, Object.prototype);

const handlers = prelude(host);

return function enter(op, now_ms, text, body, told) {
    now = now_ms;
    compiled = body;
    refusal = told === undefined ? undefined : parse(told);
    return apply(handlers[op], undefined, text === undefined ? [] : [parse(text)]);
};
})
