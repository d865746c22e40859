// Values across the wall, as JSON text. Bytes travel as {"$bytes": base64}; an object whose only key begins with "$"
// travels inside {"$object": ...}, so that data can never pass for bytes. values/_wire.py is the other half.

const PREVIEW_CHARS = 1000;

function unfit(path, what, hint) {
    let at = '$';
    for (let i = 1; i < path.length; i++) at += typeof path[i] === 'number' ? `[${path[i]}]` : `.${cut(path[i], NAME_CHARS)}`;
    return codedError('SerializationError', `${what} at ${at}`, hint ? { path: at, hint } : { path: at });
}

const UNFIT = {
    bigint: ['a BigInt', 'use Number(value) or String(value)'],
    symbol: ['a symbol', ''],
    function: ['a function', 'call it and pass what it returns'],
};

function unfitObject(value) {
    const proto = getPrototypeOf(value);
    if (proto === Object.prototype || proto === null) return undefined;
    if (value instanceof Promise) return ['a promise', 'await it first'];
    if (value instanceof Map) return ['a Map', 'use Object.fromEntries(map)'];
    if (value instanceof Set) return ['a Set', 'use [...set]'];
    if (value instanceof RegExp) return ['a regular expression', 'use String(value)'];
    if (value instanceof WeakMap || value instanceof WeakSet) return ['a weak collection', ''];
    if (value instanceof ArrayBuffer) return ['an ArrayBuffer', 'use new Uint8Array(buffer)'];
    const tag = typedArrayTag(value);
    if (tag !== undefined) return [`a ${tag}`, 'use Array.from(value)'];
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return ['a boxed primitive', 'use value.valueOf()'];
    return undefined;
}

// The wire text of `value`, or undefined where it is undefined. Each property is read once. Throws a coded error that
// names the path: SerializationError, or bounds.overflow(parts, why) where it is too large or too deep.
function encode(value, bounds) {
    const state = { parts: [], path: ['$'], ancestors: [], left: bounds.bytes, bounds };
    return putValue(state, value, '') ? arrayJoin(state.parts, '') : undefined;
}

function put(state, text, bytes = text.length) {
    state.left -= bytes;
    if (state.left < 0) throw state.bounds.overflow(state.parts, `more than ${state.bounds.bytes} bytes of JSON`);
    state.parts[state.parts.length] = text;
}

function putString(state, text) {
    if (!isWellFormed(text)) throw unfit(state.path, 'a string with half a surrogate pair', 'use text.toWellFormed()');
    const quoted = quote(text);
    put(state, quoted, host.size(quoted));
}

function putArray(state, list) {
    const { path } = state;
    const length = list.length;
    put(state, '[');
    for (let i = 0; i < length; i++) {
        if (i) put(state, ',');
        path[path.length] = i;
        if (!putValue(state, list[i], i)) put(state, 'null');
        path.length--;
    }
    put(state, ']');
}

function putObject(state, object) {
    const { path } = state;
    const names = [];
    const items = [];
    for (const name of keys(object)) {
        const item = object[name];
        if (item === undefined) continue;
        names[names.length] = name;
        items[items.length] = item;
    }
    const wrapped = names.length === 1 && names[0][0] === '$';
    put(state, wrapped ? '{"$object":{' : '{');
    for (let i = 0; i < names.length; i++) {
        if (i) put(state, ',');
        path[path.length] = names[i];
        putString(state, names[i]);
        put(state, ':');
        if (!putValue(state, items[i], names[i])) put(state, 'null');
        path.length--;
    }
    put(state, wrapped ? '}}' : '}');
}

// false where the value is undefined, also by its toJSON.
function putValue(state, item, key) {
    if (typeof item === 'object' && item !== null) {
        const toJSON = item.toJSON;
        if (typeof toJSON === 'function') item = apply(toJSON, item, [`${key}`]);
    }
    switch (typeof item) {
        case 'undefined': return false;
        case 'string': putString(state, item); return true;
        case 'boolean': put(state, item ? 'true' : 'false'); return true;
        case 'number':
            if (!isFinite(item)) throw unfit(state.path, `${item}`, 'only finite numbers can be passed');
            put(state, item === 0 ? '0' : `${item}`);
            return true;
        case 'object':
            if (item === null) put(state, 'null');
            else putNested(state, item);
            return true;
        default: throw unfit(state.path, ...UNFIT[typeof item]);
    }
}

function putNested(state, item) {
    const { ancestors, bounds, path } = state;
    if (ancestors.length >= bounds.depth) throw bounds.overflow(state.parts, `nested deeper than ${bounds.depth}`);
    for (let i = 0; i < ancestors.length; i++) {
        if (ancestors[i] === item) throw unfit(path, 'a cycle', 'the value contains itself');
    }
    ancestors[ancestors.length] = item;
    if (isArray(item)) putArray(state, item);
    else if (typedArrayTag(item) === 'Uint8Array') put(state, `{"$bytes":"${toBase64(item)}"}`);
    else if (item instanceof Error) putObject(state, errorFields(item));
    else {
        const refused = unfitObject(item);
        if (refused) throw unfit(path, ...refused);
        putObject(state, item);
    }
    ancestors.length--;
}

// Promise.allSettled gives errors as values; their name and message are what a reader wants of them.
function errorFields(error) {
    const out = { name: textOf(error.name), message: textOf(error.message) };
    const known = weakGet(coded, error);
    if (known) out.code = known.code;
    return out;
}

function preview(parts) {
    return toWellFormed(stringSlice(arrayJoin(parts, ''), 0, PREVIEW_CHARS));
}

// Gives tagged bytes their type back, in place.
function revive(value) {
    if (typeof value !== 'object' || value === null) return value;
    const names = keys(value);
    if (names.length === 1 && !isArray(value)) {
        if (names[0] === '$bytes') return fromBase64(value.$bytes);
        if (names[0] === '$object') return reviveFields(value.$object);
    }
    return reviveFields(value);
}

function reviveFields(value) {
    const names = keys(value);
    for (let i = 0; i < names.length; i++) value[names[i]] = revive(value[names[i]]);
    return value;
}

// Freezes plain data all the way down. Bytes stay writable: a typed array cannot be frozen, and it is a private copy.
function freezeDeep(value) {
    if (typeof value !== 'object' || value === null) return value;
    const open = [value];
    while (open.length) {
        const next = open[open.length - 1];
        open.length--;
        if (typedArrayTag(next) !== undefined) continue;
        freeze(next);
        const names = keys(next);
        for (let i = 0; i < names.length; i++) {
            const item = next[names[i]];
            if (typeof item === 'object' && item !== null) open[open.length] = item;
        }
    }
    return value;
}

// A short text of anything, for console lines and messages.
function shortly(value, depth = 3) {
    try {
        if (typeof value === 'string') return quote(cut(value, SHOWN_CHARS));
        if (typeof value === 'bigint') return `${textOf(value)}n`;
        if (typeof value === 'function') return `[function ${cut(textOf(value.name), NAME_CHARS)}]`;
        if (typeof value !== 'object' || value === null) return textOf(value);
        if (value instanceof Error) return `${textOf(value.name)}: ${textOf(value.message)}`;
        if (depth === 0) return isArray(value) ? '[…]' : '{…}';
        return shortlyObject(value, depth);
    } catch {
        return 'a value that cannot be shown as text';
    }
}

const SHOWN_CHARS = 1000;
const SHOWN = 50;

function shortlyObject(value, depth) {
    if (value instanceof Promise) return '[promise]';
    if (value instanceof Date) return textOf(value);
    if (value instanceof Map) return `Map ${shortlyObject([...value], depth)}`;
    if (value instanceof Set) return `Set ${shortlyObject([...value], depth)}`;
    const out = [];
    if (isArray(value)) {
        for (let i = 0; i < min(value.length, SHOWN); i++) arrayPush(out, shortly(value[i], depth - 1));
        if (value.length > SHOWN) arrayPush(out, `… ${value.length - SHOWN} more`);
        return `[${arrayJoin(out, ', ')}]`;
    }
    const names = keys(value);
    for (let i = 0; i < min(names.length, SHOWN); i++) {
        arrayPush(out, `${cut(names[i], NAME_CHARS)}: ${shortly(value[names[i]], depth - 1)}`);
    }
    if (names.length > SHOWN) arrayPush(out, `… ${names.length - SHOWN} more`);
    return out.length ? `{ ${arrayJoin(out, ', ')} }` : '{}';
}
