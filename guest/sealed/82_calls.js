// Functions of the program and their calls. What a call takes of the engine's stack is what the depth of calls allows for:
// a function of the program and one frame of the runtime, whoever calls. So a tail call is handed to the call that it
// ends; a built-in that calls back is a generator, which yields each call to be made and rests on the heap meanwhile; and
// an async function yields the calls that it awaits to `execute`, which keeps those that wait in a list.

const GeneratorPrototype = getPrototypeOf(function* () {}).prototype;
const depth = { now: 0 };

const fn = (code, arity, hasRest, run, env) => new Closure(code, arity, hasRest === 1, run, env);
const tail = (position, callee, ...args) => new Tail(position, callee, args);

function call(position, callee, ...args) {
    deeper(position);
    checkCall(position, callee, args.length);
    let result = callee.run(...args);
    while (result instanceof Tail) {
        checkCall(result.position, result.callee, result.args.length);
        result = result.callee.run(...result.args);
    }
    depth.now -= 1;
    return result;
}

// A function of the runtime whose work is what `begin` gives: a value, a Tail, or the steps of a built-in that calls back.
// The calls are made here and not in a helper: that would be another frame.
const performing = (begin) => (position, first, ...args) => {
    let result = begin(position, first, args);
    const steps = isGenerator(result) ? result : undefined;
    if (steps) result = steps.next().value;
    while (result instanceof Tail) {
        deeper(position);
        while (result instanceof Tail) {
            checkCall(result.position, result.callee, result.args.length);
            result = result.callee.run(...result.args);
        }
        depth.now -= 1;
        if (steps) result = steps.next(result).value;
    }
    return result;
};

const isGenerator = (value) => typeof value === 'object' && isPrototypeOf(GeneratorPrototype, value);

function deeper(position) {
    if (depth.now >= MAX_DEPTH) overCap('call depth', MAX_DEPTH, position);
    depth.now += 1;
}

function checkCall(position, callee, count) {
    if (!isFunction(callee)) {
        die('NotAFunctionError', `${NOUNS[kindOf(callee)]} cannot be called`, position, { given: kindOf(callee) });
    }
    if (callee.hasRest ? count < callee.arity : count !== callee.arity) {
        wrongCount(position, callee.hasRest ? `at least ${callee.arity}` : `${callee.arity}`, count);
    }
}

function wrongCount(position, expected, given) {
    return die('ArityError', `${expected} arguments were expected, not ${given}`, position, { expected, given });
}

// -- callbacks of built-ins ---------------------------------------------------------------------------------------------

const CALL_UNITS = units('call');

// The call of a callback, to be yielded.
function callback(position, callee, ...args) {
    charge(CALL_UNITS);
    return new Tail(position, callee, args);
}

// How many arguments a callback is given of the `least` to `most` that it may take.
function taken(position, callee, least, most) {
    const { arity, hasRest } = callee;
    if (arity > most || !hasRest && arity < least) {
        wrongCount(position, least === most ? `${least}` : `${least} or ${most}`, arity);
    }
    return hasRest ? most : arity;
}

// -- programs -----------------------------------------------------------------------------------------------------------

function early(position) {
    return die('UseBeforeDeclarationError', 'the name is used before its declaration was executed', position);
}

// An awaited call of an async function, and of an effect: what is yielded comes back as the answer.
function* agcall(position, callee, ...args) {
    return yield new Tail(position, callee, args);
}

function* effect(position, name, ...args) {
    return yield { effect: name, args, position };
}

// The value of a whole program: `program` is what the compiled text evaluates to. Yields its effects.
function* execute(program, input, gasLimit) {
    reset(gasLimit);
    const waiting = [];
    let steps = program(runtime, input);
    let answer;
    for (;;) {
        const { done, value } = steps.next(answer);
        if (!done && !(value instanceof Tail)) {
            answer = yield value;
            continue;
        }
        if (!done) suspend(waiting, steps, value.position);
        answer = called(value);
        if (isGenerator(answer)) [steps, answer] = [answer, undefined];
        else if (waiting.length) steps = resumed(waiting);
        else return answer;
    }
}

function reset(gasLimit) {
    meter.used = 0;
    meter.limit = gasLimit;
    depth.now = 0;
    lines.length = 0;
    logging.dropped = 0;
}

function suspend(waiting, steps, position) {
    deeper(position);
    waiting[waiting.length] = steps;
}

function resumed(waiting) {
    depth.now -= 1;
    const steps = waiting[waiting.length - 1];
    waiting.length -= 1;
    return steps;
}

// What the calls come to: a value, or an async function at its beginning.
function called(result) {
    while (result instanceof Tail) {
        checkCall(result.position, result.callee, result.args.length);
        result = result.callee.run(...result.args);
    }
    return result;
}
