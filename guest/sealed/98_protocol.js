// The steps of a sealed run. Messages and reports are those of the standard prelude; besides, a report has the gas used so
// far, and the answer is a text. An effect is a call; nothing else of the program runs meanwhile.

const run = { status: 'ready', steps: undefined, result: undefined, error: undefined, calls: [], limits: undefined };
let loaded;                                          // the program, where it was compiled before it is started
const waiting = { id: 0, name: '', position: 0 };    // the effect without an answer; id 0 before the first
let told = 0;                                        // lines of log() that are reported already

function report() {
    host.memory(0);
    if (run.status === 'running' && host.exhausted()) {
        fail({ code: 'ScriptMemoryError', message: '' });
    }
    let text = `{"status":"${run.status}","gas":${meter.used}`;
    if (run.status === 'finished') text += `,"answer":${quote(run.result)}`;
    if (run.status === 'failed') text += `,"error":${quote(run.error)}`;
    if (run.calls.length) text += `,"calls":[${arrayJoin(run.calls, ',')}]`;
    if (told < lines.length) text += `,"console":${quote(logged())}`;
    if (logging.dropped) text += `,"dropped":{"console":${logging.dropped}}`;
    run.calls = [];
    if (run.limits) host.memory(run.limits.memory_bytes);
    return `${text}}`;
}

function logged() {
    const events = [];
    for (; told < lines.length; told++) arrayPush(events, { level: 'log', text: lines[told], position: 0 });
    return events;
}

function fail(error) {
    run.status = 'failed';
    run.error = error;
}

// To the next effect, or to the end. That the gas is used up is an answer like any other.
function advance(answer) {
    try {
        const { done, value } = run.steps.next(answer);
        if (done) finish(sealedJson(value));
        else ask(value);
    } catch (error) {
        const known = weakGet(coded, error);
        if (known && known.code === 'GasExhausted') {
            finish(stringifyJson(0, recordOf({ error: known.code, ...known.facts.details })));
        } else failWith(error);
    }
}

// What is no error of ours has no place in the author's text: the engine's is that of the compiled one.
function failWith(error) {
    const told = describe(error);
    if (!weakGet(coded, error)) told.trace = told.position = undefined;
    fail(told);
}

function finish(text) {
    run.status = 'finished';
    run.result = text;
}

const recordOf = (object) => ({ __proto__: null, ...object });

function ask({ effect: name, args, position }) {
    waiting.id += 1;
    waiting.name = name;
    waiting.position = position;
    try {
        const plain = parse(writtenJson(args, sortedKeys, position)); // as the host's tools see values
        const text = encode(plain, run.limits.arguments);
        arrayPush(run.calls, `[${waiting.id},${quote(name)},${text},${position}]`);
    } catch (error) {
        const known = weakGet(coded, error);
        if (known) known.position = position;
        throw error;
    }
}

const argumentsTooLarge = (_parts, why) => codedError('SerializationError', `the arguments are ${why}`, { path: '$' });

const { parse } = JSON;

// What the host brings, as the program sees it. Numbers are integers here.
function sealedOf(value, position) {
    if (value === null) return JsonNull;
    if (typeof value === 'string') return capText(value.length, position), whole(value, position);
    if (typeof value === 'number') return integer(value, position);
    if (typeof value !== 'object') return value;
    if (typedArrayTag(value) !== undefined) die('SerializationError', 'bytes are no value of the sealed profile', position);
    const names = keys(value);
    capEntries(names.length, position);
    const out = isArray(value) ? [] : create(null);
    for (let i = 0; i < names.length; i++) {
        const item = sealedOf(value[names[i]], position);
        if (isArray(value)) out[i] = item;
        else defineProperty(out, sealedOf(names[i], position), { value: item, writable: true, enumerable: true, configurable: true });
    }
    return out;
}

function integer(value, position) {
    if (!isSafeInteger(value) || value === 0 && 1 / value < 0) {
        die('InexactResultError', `${value} is no integer of the sealed profile`, position);
    }
    return value;
}

const wrapped = (code) => `(async function () {\n${code}\n})`;

// `context` has the input and the gas limit; `tools` are the effects, which the compiler has checked.
function start({ code, context, limits }) {
    if (run.status !== 'ready' && run.status !== 'checked') throw new Error('a machine runs one program');
    run.status = 'running';
    const [memory_bytes, stack_bytes, , argument_bytes, depth, console_events, , console_bytes] = limits;
    logging.events = console_events;
    logging.bytes = console_bytes;
    run.limits = { memory_bytes, arguments: { bytes: argument_bytes, depth, overflow: argumentsTooLarge } };
    host.stack(stack_bytes);
    host.memory(memory_bytes);
    try {
        loaded ??= host.compile(wrapped(code));
        promiseThen(loaded(), (program) => begin(program, context), failWith);
    } catch (error) {
        failWith(error);
    }
}

function begin(program, { input, gas_limit }) {
    try {
        run.steps = execute(program, sealedOf(input, 0), gas_limit);
    } catch (error) {
        failWith(error);
        return;
    }
    advance(undefined);
}

// One answer: [id, 1, value, tagged] or [id, 0, {code, message, ...}]. An effect that failed ends the run.
function resume({ answers: [[id, isValue, value, tagged]] }) {
    if (id !== waiting.id) throw new Error('an answer to another effect');
    if (!isValue) {
        const { code, message, ...facts } = value;
        failWith(codedError(code, message, { ...facts, tool: waiting.name }, waiting.position));
        return;
    }
    try {
        advance(sealedOf(tagged ? revive(value) : value, waiting.position));
    } catch (error) {
        failWith(error);
    }
}

// Compiles and keeps: a copy of this memory starts without the code.
function check({ code }) {
    try {
        loaded = host.compile(wrapped(code));
        run.status = 'checked';
    } catch (error) {
        failWith(error);
    }
}

// Nothing of the realm is left to find but undefined, NaN and Infinity, which no engine lets go.
for (const name of ownKeys(realm)) if (getOwnPropertyDescriptor(realm, name).configurable) delete realm[name];
freeze(realm);

return { start, resume, check, report };
