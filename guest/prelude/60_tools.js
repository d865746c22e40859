// Calls and promises. A call gets an ordinal as its id, leaves with the step's report, and its promise settles when the
// host brings the answer with a later step.

const pending = new Map();        // id -> { resolve, reject, tool, position }
const callsOf = new WeakMap();    // promise -> ids of the calls it stands for, also by then(), race(), all(), ...
const ours = new WeakSet();       // functions whose source text is not shown
let lastId = 0;

function call(tool, args) {
    const position = host.position();
    let text;
    try {
        text = encode(args, run.limits.arguments);
    } catch (error) {
        const known = weakGet(coded, error);
        if (known) known.position = position;
        return Promise.reject(error);
    }
    // The host counts the budget; far beyond it, a flood of calls is not worth a crossing each.
    if (lastId >= run.limits.calls) {
        return Promise.reject(codedError('ToolBudgetExceededError', `a run may not make ${lastId + 1} tool calls`, { tool }, position));
    }
    const id = ++lastId;
    let settle;
    const promise = new Promise((resolve, reject) => { settle = { resolve, reject, tool, position }; });
    mapSet(pending, id, settle);
    weakSet(callsOf, promise, [id]);
    arrayPush(run.calls, `[${id},${quote(tool)},${text},${position}]`);
    return promise;
}

// [id, 1, value, tagged] or [id, 0, {code, message, ...}]
function settle([id, ok, value, tagged]) {
    const waiting = mapGet(pending, id);
    mapDelete(pending, id);
    if (ok) waiting.resolve(freezeDeep(tagged ? revive(value) : value));
    else waiting.reject(answerError(value, waiting));
}

function answerError({ code, message, ...facts }, { tool, position }) {
    return codedError(code, message, freezeDeep({ ...facts, tool }), position);
}

// Losers of a race are given up as soon as it is decided.
function giveUp(ids, why = 'lost a race and was aborted') {
    for (const id of ids) {
        const waiting = mapGet(pending, id);
        if (!waiting) continue;
        mapDelete(pending, id);
        arrayPush(run.aborts, `${id}`);
        const message = `the call of tools.${waiting.tool} ${why}`;
        waiting.reject(answerError({ code: 'CallAbortedError', message }, waiting));
    }
}

// The iterable of a combinator as the engine's own combinator is to see it; `note` hears of each item as it passes by, so
// that the order of everything, also of what goes wrong, is the engine's.
function noting(iterable, note) {
    if (isArray(iterable) && iterable[Symbol.iterator] === arrayValues) {
        const list = [...iterable];
        for (let i = 0; i < list.length; i++) note(list[i]);
        return list;
    }
    const iterator = iterable[Symbol.iterator]();
    const { next } = iterator;
    return {
        __proto__: null,
        next() {
            const step = apply(next, iterator, []);
            if ((typeof step !== 'object' && typeof step !== 'function') || step === null || step.done) return step;
            const { value } = step;
            note(value);
            return { done: false, value };
        },
        get return() {
            const close = iterator.return;
            return close === undefined || close === null ? undefined : () => apply(close, iterator, []);
        },
        [Symbol.iterator]() { return this; },
    };
}

// A combinator of promises stands for the calls of all its members; where it is a race, the rest is given up at its end.
function combining(native, isRace) {
    return function (iterable) {
        const ids = [];
        const note = (item) => {
            const found = typeof item === 'object' && item !== null ? weakGet(callsOf, item) : undefined;
            if (found) for (let i = 0; i < found.length; i++) ids[ids.length] = found[i];
        };
        const watched = { __proto__: null, [Symbol.iterator]: () => noting(iterable, note)[Symbol.iterator]() };
        const result = apply(native, this, [watched]);
        if (ids.length) {
            weakSet(callsOf, result, ids);
            if (isRace) promiseThen(result, () => giveUp(ids), () => giveUp(ids));
        }
        return result;
    };
}

function replaceMethod(object, name, make) {
    const native = object[name];
    const method = make(native);
    defineProperty(method, 'name', { value: name });
    defineProperty(method, 'length', { value: native.length });
    defineProperty(object, name, { value: method, writable: true, enumerable: false, configurable: true });
}

for (const name of ['race', 'any']) replaceMethod(Promise, name, (native) => combining(native, true));
for (const name of ['all', 'allSettled']) replaceMethod(Promise, name, (native) => combining(native, false));
replaceMethod(Promise.prototype, 'then', (native) => ({
    then(onFulfilled, onRejected) {
        const derived = apply(native, this, [onFulfilled, onRejected]);
        const ids = weakGet(callsOf, this);
        if (ids) weakSet(callsOf, derived, ids);
        return derived;
    },
}).then);

// tools.spawn.x(args) begins a call, to be awaited later or never: { id, done }. tools.spawn.cancel(id) gives it up.
const SPAWN = 'spawn.';
const isSpawned = (tool) => stringSlice(tool, 0, SPAWN.length) === SPAWN;

function spawn(tool, args) {
    const done = call(tool, args);
    const ids = weakGet(callsOf, done);
    return freeze({ id: ids ? ids[0] : 0, done });
}

function cancelSpawned(given) {
    const id = typeof given === 'object' && given !== null ? given.id : given;
    const waiting = mapGet(pending, id);
    if (!waiting || !isSpawned(waiting.tool)) return false;
    giveUp([id], 'was cancelled');
    return true;
}

function toolFunction(name) {
    if (name === `${SPAWN}cancel`) return cancelSpawned;
    return isSpawned(name) ? (...args) => spawn(name, args) : (...args) => call(name, args);
}

// What awaiting, printing or converting an object looks up: answering with an error would hide what went wrong.
const LOOKED_UP = freeze({ __proto__: null, then: true, toJSON: true, toString: true, valueOf: true, constructor: true });

function unknownTool(prefix, known) {
    return new Proxy(freeze(create(null)), {
        get(_target, key) {
            if (typeof key === 'symbol' || LOOKED_UP[key]) return undefined;
            const name = cut(`${prefix}${key}`, NAME_CHARS);
            throw codedError('ToolNotFoundError', `there is no tool ${quote(name)}`, freezeDeep({ name_asked: name, known }), host.position());
        },
    });
}

// tools.a, tools.mcp.server.b, ...: frozen objects with one function a tool, and behind them what answers for the rest.
function toolbox(names) {
    const root = create(unknownTool('', names));
    const folders = new Map();
    const folder = (path) => {
        if (path === '') return root;
        let found = mapGet(folders, path);
        if (!found) {
            found = create(unknownTool(`${path}.`, names));
            mapSet(folders, path, found);
            attach(path, found);
        }
        return found;
    };
    const attach = (path, value) => {
        const steps = stringSplit(path, '.');
        const name = steps[steps.length - 1];
        const parent = folder(stringSlice(path, 0, path.length - name.length - (steps.length > 1 ? 1 : 0)));
        defineProperty(parent, name, { value, enumerable: true });
    };
    for (const name of names) {
        const tool = freeze(toolFunction(name));
        weakAdd(ours, tool);
        attach(name, tool);
    }
    for (const path of mapKeys(folders)) freeze(mapGet(folders, path));
    return freeze(root);
}
