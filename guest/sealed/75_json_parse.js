// JSON in, strictly: RFC 8259, and nothing that could be read in two ways. Duplicate keys, lone surrogates, numbers that
// are no safe integers, -0 and more than MAX_NESTING levels are refused. A text that is refused gives an Err with the
// reason and the offset, in units from 0; the caps on strings and entries end the run as everywhere.

function parseJson(position, text) {
    const state = { text, at: 0, open: [], error: undefined, position };
    const value = parsed(state);
    if (state.error === undefined && state.at < text.length) refuse(state, 'more text after the value');
    return state.error === undefined ? ok(value) : err(state.error);
}

// The first reason counts. What is returned after it is looked at by nobody.
function refuse(state, why, at = state.at) {
    state.error ??= `${why} at ${at}`;
}

// One value after another; `open` are the arrays and records that are not closed yet, the innermost last.
function parsed(state) {
    for (;;) {
        skipBlanks(state);
        let value = begun(state);
        skipBlanks(state);
        while (value !== OPENED && state.open.length && state.error === undefined) value = placed(state, value);
        if (!state.open.length || state.error !== undefined) return value;
    }
}

const OPENED = new Piece('', 0);    // instead of a value: it comes later

const JSON_BLANK = { __proto__: null, ' ': true, '\t': true, '\n': true, '\r': true };
const JSON_WORDS = [['true', true], ['false', false], ['null', JsonNull]];

function skipBlanks(state) {
    while (JSON_BLANK[state.text[state.at]]) state.at++;
}

function advanced(state, units, value) {
    state.at += units;
    return value;
}

// A value that is complete, or OPENED.
function begun(state) {
    const first = state.text[state.at];
    if (first === '{') return opened(state, { close: '}', whole: create(null), count: 0, name: undefined });
    if (first === '[') return opened(state, { close: ']', whole: [], count: 0, name: undefined });
    if (first === '"') return parsedString(state);
    if (first === '-' || first >= '0' && first <= '9') return parsedNumber(state);
    for (let i = 0; i < JSON_WORDS.length; i++) {
        const [word, value] = JSON_WORDS[i];
        if (stringStartsWith(state.text, word, state.at)) return advanced(state, word.length, value);
    }
    return refuse(state, first === undefined ? 'the text ends' : 'an unexpected character');
}

function opened(state, frame) {
    if (state.open.length >= MAX_NESTING) return refuse(state, `nested deeper than ${MAX_NESTING}`);
    state.at++;
    skipBlanks(state);
    if (state.text[state.at] === frame.close) return advanced(state, 1, frame.whole);
    arrayPush(state.open, frame);
    return named(state, frame);
}

// Puts a value into the innermost array or record: that is the next value where it ends here, else OPENED.
function placed(state, value) {
    const frame = state.open[state.open.length - 1];
    const { whole } = frame;
    capEntries(++frame.count, state.position);
    whole[frame.name ?? whole.length] = value;
    const next = state.text[state.at];
    if (next === frame.close) {
        state.open.length -= 1;
        state.at++;
        skipBlanks(state);
        return whole;
    }
    if (next !== ',') return refuse(state, `',' or '${frame.close}' is missing`);
    state.at++;
    skipBlanks(state);
    return named(state, frame);
}

// Reads the key of a record's next value.
function named(state, frame) {
    if (frame.close === ']') return OPENED;
    const { at } = state;
    if (state.text[at] !== '"') return refuse(state, 'a key is missing');
    frame.name = parsedString(state);
    if (state.error === undefined && frame.name in frame.whole) return refuse(state, 'a duplicate key', at);
    skipBlanks(state);
    if (state.text[state.at] !== ':') return refuse(state, "':' is missing");
    return advanced(state, 1, OPENED);
}

// -- numbers ------------------------------------------------------------------------------------------------------------

function parsedNumber(state) {
    const [, sign, whole, , places = '', , exponent = '0'] = matchAt(NUMBER, state) ?? [];
    if (whole === undefined) return refuse(state, 'an unexpected character');
    const begin = state.at;
    state.at = NUMBER.lastIndex;
    const value = exactInteger(whole + places, exponent - places.length);
    if (value === undefined) return refuse(state, 'a number that is no safe integer', begin);
    if (value === 0 && sign) return refuse(state, '-0', begin);
    return sign ? -value : value;
}

const NUMBER = /(-?)(0|[1-9][0-9]*)(\.([0-9]+))?([eE]([+-]?[0-9]+))?/y;

function matchAt(pattern, state) {
    pattern.lastIndex = state.at;
    return regexpExec(pattern, state.text);
}

// digits * 10 ** exponent, without rounding anything on the way; undefined where it is no safe integer.
function exactInteger(digits, exponent) {
    const significant = stringReplace(digits, /^0+/, '');
    if (significant === '') return 0;
    let end = significant.length;
    while (significant[end - 1] === '0') end--;
    const short = stringSlice(significant, 0, end);
    const zeros = exponent + significant.length - short.length;
    if (zeros < 0 || short.length + zeros > 16) return undefined;
    const value = Number(short + stringRepeat('0', zeros));
    return isSafeInteger(value) ? value : undefined;
}

// -- strings ------------------------------------------------------------------------------------------------------------

const PLAIN = /[^"\\\0-\x1f]*/y;
const ESCAPE = /\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))/y;
const ESCAPED = { __proto__: null, '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function parsedString(state) {
    const begin = state.at++;
    const parts = [];
    for (;;) {
        const [plain] = matchAt(PLAIN, state);
        parts[parts.length] = plain;
        state.at += plain.length;
        if (state.text[state.at] === '"') break;
        const escape = matchAt(ESCAPE, state);
        if (!escape) return refuse(state, state.at < state.text.length ? 'an unexpected character' : 'the text ends');
        parts[parts.length] = ESCAPED[escape[1]] ?? fromCharCode(parseInt(escape[2], 16));
        state.at += escape[0].length;
    }
    state.at++;
    const value = arrayJoin(parts, '');
    return isWellFormed(value) ? value : refuse(state, 'half a surrogate pair', begin);
}
