// Errors with a code. What an error is, is kept beside it in `coded`: a script can write any name, code or message on
// any object, and none of that is believed.

const coded = new WeakMap();
const MESSAGE_CHARS = 4000;
const NAME_CHARS = 200;

// An Error that a script can catch and read: name, code, message, retryable, hint, details.
function codedError(code, message, facts, position) {
    const error = new Error(message);
    const put = (key, value) => defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
    put('name', code);
    put('code', code);
    if (facts) for (const key of keys(facts)) put(key, facts[key]);
    weakSet(coded, error, { code, message, facts: facts || {}, position });
    return error;
}

// The beginning of a text that may be of any length, with the length told; never half a surrogate.
function cut(text, chars) {
    if (text.length <= chars) return toWellFormed(text);
    return `${toWellFormed(stringSlice(text, 0, chars))}… (${text.length} characters)`;
}

// Text of anything, without letting what it does get out.
function textOf(value) {
    try {
        if (typeof value === 'symbol') return `Symbol(${cut(symbolDescription(value) ?? '', NAME_CHARS)})`;
        return cut(String(value), MESSAGE_CHARS);
    } catch {
        return 'a value that cannot be shown as text';
    }
}

function read(object, key) {
    try {
        return object[key];
    } catch {
        return undefined;
    }
}

const KINDS = [undefined, 'ScriptMemoryError', 'ScriptStackError'];

// What the host is told of an uncaught `reason`, as plain data. The reason may be a proxy that throws at every look.
function describe(reason) {
    try {
        return described(reason);
    } catch {
        return { code: 'ScriptRuntimeError', message: 'the script threw a value that cannot be shown as text', name: 'throw' };
    }
}

function described(reason) {
    const trace = host.trace(reason);
    const known = weakGet(coded, reason);
    if (known) {
        const { code, message, facts, position } = known;
        return { code, message, ...facts, position: position || 0, trace: position ? undefined : trace };
    }
    const kind = KINDS[host.kind(reason)];
    if (kind) return { code: kind, message: '', trace, position: kind === 'ScriptMemoryError' ? host.exhausted() : 0 };
    if (typeof reason !== 'object' || reason === null) {
        return {
            code: 'ScriptRuntimeError', message: `the script threw ${shortly(reason)}`, name: 'throw',
            position: host.thrown(reason),
        };
    }
    const name = textOf(read(reason, 'name') ?? 'Error');
    const message = textOf(read(reason, 'message') ?? '');
    const told = { code: 'ScriptRuntimeError', message: message ? `${name}: ${message}` : name, name, trace };
    if (trace === undefined) told.position = host.thrown(reason);
    if (trace === undefined && !message) told.message = `the script threw ${shortly(reason)}`;
    try {
        const inner = reason.errors;
        if (isArray(inner)) told.errors = listed(inner);
    } catch {
        // a getter or a proxy of the script's: the error is told without them
    }
    return told;
}

// The first few errors of an AggregateError.
function listed(errors) {
    const out = [];
    const count = min(read(errors, 'length') >>> 0, 5);
    for (let i = 0; i < count; i++) {
        const error = read(errors, i);
        arrayPush(out, `${textOf(read(error ?? {}, 'name'))}: ${textOf(read(error ?? {}, 'message'))}`);
    }
    return out;
}
