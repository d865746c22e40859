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
    const text = stringSlice(arrayJoin(words, ' '), 0, bytes);
    arrayPush(run.console, quote({ level, text, position: host.position() }));
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
    const text = stringSlice(typeof message === 'string' ? message : shortly(message), 0, chars);
    arrayPush(run.progress, quote({ message: text, kind: kind === undefined ? 'info' : stringSlice(textOf(kind), 0, 40) }));
}
