// Calls and promises. A call gets an ordinal as its id, leaves with the step's report, and its promise settles when the
// host brings the answer with a later step.

const pending = new Map();        // id -> { resolve, reject, tool, position }
const callOf = new WeakMap();     // promise -> id, also of promises derived from it with then()
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
    const id = ++lastId;
    let settle;
    const promise = new Promise((resolve, reject) => { settle = { resolve, reject, tool, position }; });
    mapSet(pending, id, settle);
    weakSet(callOf, promise, id);
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
function giveUp(ids) {
    for (const id of ids) {
        const waiting = mapGet(pending, id);
        if (!waiting) continue;
        mapDelete(pending, id);
        arrayPush(run.aborts, `${id}`);
        const message = `the call of tools.${waiting.tool} lost a race and was aborted`;
        waiting.reject(answerError({ code: 'CallAbortedError', message }, waiting));
    }
}

function racing(native) {
    return function (iterable) {
        const list = [...iterable];
        const ids = [];
        for (const item of list) {
            const id = typeof item === 'object' && item !== null ? weakGet(callOf, item) : undefined;
            if (id !== undefined) arrayPush(ids, id);
        }
        const result = apply(native, this, [list]);
        if (ids.length) promiseThen(result, () => giveUp(ids), () => giveUp(ids));
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

replaceMethod(Promise, 'race', racing);
replaceMethod(Promise, 'any', racing);
replaceMethod(Promise.prototype, 'then', (native) => ({
    then(onFulfilled, onRejected) {
        const derived = apply(native, this, [onFulfilled, onRejected]);
        const id = weakGet(callOf, this);
        if (id !== undefined) weakSet(callOf, derived, id);
        return derived;
    },
}).then);

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
    for (const name of names) attach(name, freeze((...args) => call(name, args)));
    for (const path of mapKeys(folders)) freeze(mapGet(folders, path));
    return freeze(root);
}
