// The run's own state and what goes back to the host at the end of a step. One machine runs one script.

const run = {
    status: 'ready',      // ready, running, finished, failed
    limits: undefined,
    context: undefined,
    tools: undefined,
    result: undefined,    // wire text of the value, or undefined
    error: undefined,     // what describe() gave
    calls: [],            // JSON of the calls made in this step
    aborts: [],           // ids of calls that lost a race in this step
    console: [],          // JSON of console events of this step
    progress: [],         // JSON of progress events of this step
};
const dropped = { console: 0, progress: 0 };

const joined = (name, parts) => (parts.length ? `,"${name}":[${arrayJoin(parts, ',')}]` : '');

// The message of this step, and a clean desk for the next one.
function report() {
    host.memory(0);
    if (run.status === 'running' && mapSize(pending) === 0 && host.exhausted()) {
        fail({ code: 'ScriptMemoryError', message: '', position: host.exhausted() }); // a job was lost for want of it
    } else if (run.status === 'running' && mapSize(pending) === 0) {
        fail({ code: 'ScriptRuntimeError', message: 'the script waits for a promise that nothing will settle',
            hint: 'Await tool calls, or promises that are resolved by other code of the script.' });
    }
    let text = `{"status":"${run.status}"`;
    if (run.status === 'finished' && run.result !== undefined) text += `,"value":${run.result}`;
    if (run.status === 'failed') text += `,"error":${quote(run.error)}`;
    text += joined('calls', run.calls) + joined('aborts', run.aborts);
    if (run.status === 'finished' || run.status === 'failed') text += joined('abandoned', [...mapKeys(pending)]);
    text += joined('console', run.console) + joined('progress', run.progress);
    if (dropped.console || dropped.progress) text += `,"dropped":${quote(dropped)}`;
    run.calls = [];
    run.aborts = [];
    run.console = [];
    run.progress = [];
    if (run.limits) host.memory(run.limits.memory_bytes);
    return `${text}}`;
}

function fail(error) {
    if (run.status !== 'running') return;
    run.status = 'failed';
    run.error = error;
}

function finish(value) {
    if (run.status !== 'running') return;
    try {
        run.result = encode(value, run.limits.result);
        run.status = 'finished';
    } catch (error) {
        fail(describe(error));
    }
}

const tooLarge = (parts, why) =>
    codedError('ReturnValueTooLargeError', `the returned value is ${why}`, { preview: preview(parts) });
const argumentsTooLarge = (_parts, why) => codedError('SerializationError', `the arguments are ${why}`, { path: '$' });
