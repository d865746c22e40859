// console and progress: captured, bounded, never written anywhere by the machine. "A second" is a second of the run's
// own clock, so a replay drops the same events.

let consoleKept = 0;
let consoleSecond = -1;
let consoleInSecond = 0;

function logged(level, args) {
    const second = floor(clock() / 1000);
    if (second !== consoleSecond) {
        consoleSecond = second;
        consoleInSecond = 0;
    }
    const { console_events: most, console_events_per_s: perSecond, console_bytes: bytes } = run.limits;
    if (consoleKept >= most || consoleInSecond >= perSecond) {
        dropped.console++;
        return;
    }
    consoleKept++;
    consoleInSecond++;
    const words = [];
    for (let i = 0; i < args.length; i++) arrayPush(words, typeof args[i] === 'string' ? args[i] : shortly(args[i]));
    const text = cutBytes(toWellFormed(arrayJoin(words, ' ')), bytes);
    arrayPush(run.console, quote({ level, text, position: host.position() }));
}

// The longest beginning of a text that has at most `bytes` of UTF-8.
function cutBytes(text, bytes) {
    let end = min(text.length, bytes);
    while (end > 0 && host.size(stringSlice(text, 0, end)) > bytes) end -= ((host.size(stringSlice(text, 0, end)) - bytes) / 3 | 0) || 1;
    return toWellFormed(stringSlice(text, 0, end));
}

const consoleObject = {};
for (const level of ['log', 'info', 'warn', 'error', 'debug']) {
    consoleObject[level] = { [level](...args) { logged(level, args); } }[level];
}

let progressKept = 0;
let progressAt = -Infinity;

function emitProgress(message, kind) {
    const now = clock();
    const { progress_events: most, progress_interval_ms: interval, progress_chars: chars } = run.limits;
    if (progressKept >= most || now - progressAt < interval) {
        dropped.progress++;
        return;
    }
    progressKept++;
    progressAt = now;
    const text = toWellFormed(stringSlice(typeof message === 'string' ? message : shortly(message), 0, chars));
    const label = kind === undefined ? 'info' : toWellFormed(stringSlice(textOf(kind), 0, 40));
    arrayPush(run.progress, quote({ message: text, kind: label }));
}
