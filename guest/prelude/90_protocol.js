// The three things the host can ask. Each takes the parsed message; the answer is what report() makes afterwards.

function settled(promise) {
    promiseThen(promise, finish, (reason) => fail(describe(reason)));
}

const wrapped = (code) => `(async function () {\n${code}\n})`;

function start({ code, tools, context, seed, limits }) {
    if (run.status !== 'ready') throw new Error('a machine runs one script');
    run.status = 'running';
    run.limits = limitsOf(limits);
    randomSeed = seed;
    run.tools = toolbox(tools);
    context.telemetry = { emitProgress };
    run.context = freezeDeep(context);
    freeze(context.telemetry);
    host.stack(run.limits.stack_bytes);
    host.memory(run.limits.memory_bytes);
    let promise;
    try {
        promise = host.compile(wrapped(code))(); // V8 finds some errors of syntax only here
    } catch (error) {
        fail(syntaxError(error));
        return;
    }
    settled(promise);
}

// In the order in which machine/_quickjs.py writes them.
function limitsOf([
    memory_bytes, stack_bytes, result_bytes, argument_bytes, depth,
    console_events, console_events_per_s, console_bytes, progress_events, progress_interval_ms, progress_chars, calls,
]) {
    return {
        memory_bytes, stack_bytes,
        result: { bytes: result_bytes, depth, overflow: tooLarge },
        arguments: { bytes: argument_bytes, depth, overflow: argumentsTooLarge },
        console_events, console_events_per_s, console_bytes, progress_events, progress_interval_ms, progress_chars,
        calls,
    };
}

function resume({ answers }) {
    for (let i = 0; i < answers.length; i++) settle(answers[i]);
}

function check({ code }) {
    try {
        host.compile(wrapped(code));
        run.status = 'checked';
    } catch (error) {
        run.status = 'failed';
        run.error = syntaxError(error);
    }
}

function syntaxError(error) {
    const told = describe(error);
    if (told.code === 'ScriptRuntimeError') told.code = 'ScriptSyntaxError';
    return told;
}

return { start, resume, check, report };
