// Strings: the operators' share and the built-in methods. Units are UTF-16, as in JavaScript; a result that would end or
// begin within a surrogate pair is an error. No locale and no table of Unicode is asked anything: both would depend on
// the engine's version.

function text(position, ...parts) {
    for (let i = 1; i < parts.length; i += 2) parts[i] = partText(parts[i], position);
    return joinedText(parts, '', position);
}

// What a template, join and log write of a value.
function partText(value, position) {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
    return isDecimal(value) ? decimalText(value) : mismatch('an integer, a string, a boolean or a Decimal', value, position);
}

function joinedText(parts, separator, position) {
    let length = separator.length * (parts.length - 1);
    for (let i = 0; i < parts.length; i++) length += parts[i].length;
    capText(length, position);
    return arrayJoin(parts, separator);
}

const BLANK = { __proto__: null, ' ': true, '\t': true, '\n': true, '\r': true, '\v': true, '\f': true };

function trimmed(value, atStart, atEnd) {
    let from = 0;
    let to = value.length;
    while (atStart && from < to && BLANK[value[from]]) from++;
    while (atEnd && from < to && BLANK[value[to - 1]]) to--;
    return stringSlice(value, from, to);
}

// Lengths that are asked for come before the work: an engine fails in its own way on a string that it cannot hold.
function padded(pad, value, length, filler, position) {
    capText(length, position);
    return whole(pad(value, length, filler), position);
}

// Where `part` begins in `value`, from `from` on; -1 where it does not. The engines' own searches may compare each unit
// of a long part at each place; after D. Knuth, J. Morris and V. Pratt (1977) each unit is looked at twice at most.
const SHORT_PART = 16;

function found(value, part, from = 0) {
    if (part.length <= SHORT_PART) return stringIndexOf(value, part, from);
    const back = borders(part);
    for (let i = from, matched = 0; i < value.length; i++) {
        const unit = charCodeAt(value, i);
        while (matched && unit !== charCodeAt(part, matched)) matched = back[matched - 1];
        if (unit === charCodeAt(part, matched)) matched++;
        if (matched === part.length) return i + 1 - matched;
    }
    return -1;
}

// For each beginning of `part`, the length of its longest end that is also a beginning.
function borders(part) {
    const back = new Int32Array(part.length);
    for (let i = 1, length = 0; i < part.length; i++) {
        while (length && charCodeAt(part, i) !== charCodeAt(part, length)) length = back[length - 1];
        if (charCodeAt(part, i) === charCodeAt(part, length)) length++;
        back[i] = length;
    }
    return back;
}

// The pieces between the places of `separator`, which is not empty.
function pieces(value, separator, position) {
    if (separator.length <= SHORT_PART) return stringSplit(value, separator);
    const parts = [];
    let from = 0;
    for (let at = found(value, separator); at >= 0; at = found(value, separator, from)) {
        capEntries(parts.length + 2, position);
        parts[parts.length] = stringSlice(value, from, at);
        from = at + separator.length;
    }
    parts[parts.length] = stringSlice(value, from);
    return parts;
}

function replaced(value, what, by, position) {
    capText(value.length + by.length, position);
    const at = found(value, what);
    if (at < 0) return value;
    return whole(stringSlice(value, 0, at) + by + stringSlice(value, at + what.length), position);
}

function replacedAll(value, what, by, position) {
    if (what === '') {
        capText(value.length + (value.length + 1) * by.length, position);
        return whole(stringReplaceAll(value, what, () => by), position);
    }
    const parts = pieces(value, what, position);
    capText(value.length + (parts.length - 1) * (by.length - what.length), position);
    return whole(arrayJoin(parts, by), position);
}

function split(value, separator, position) {
    const parts = separator === '' ? stringSplit(value, '') : pieces(value, separator, position);
    capEntries(parts.length, position);
    for (let i = 0; i < parts.length; i++) whole(parts[i], position);
    return parts;
}

const TEXTS = {
    __proto__: null,
    slice: (position, value, from = 0, to = value.length) => whole(stringSlice(value, from, to), position),
    substring: (position, value, from, to = value.length) => whole(stringSubstring(value, from, to), position),
    includes: (_position, value, part) => found(value, part) >= 0,
    indexOf: (_position, value, part) => found(value, part),
    startsWith: (_position, value, part) => stringStartsWith(value, part),
    endsWith: (_position, value, part) => stringEndsWith(value, part),
    replace: (position, value, what, by) => replaced(value, what, by, position),
    replaceAll: (position, value, what, by) => replacedAll(value, what, by, position),
    split: (position, value, separator) => split(value, separator, position),
    trim: (_position, value) => trimmed(value, true, true),
    trimStart: (_position, value) => trimmed(value, true, false),
    trimEnd: (_position, value) => trimmed(value, false, true),
    padStart: (position, value, length, filler = ' ') => padded(stringPadStart, value, length, filler, position),
    padEnd: (position, value, length, filler = ' ') => padded(stringPadEnd, value, length, filler, position),
    repeat: (position, value, count) => {
        if (count < 0) die('IndexOutOfRangeError', 'the count is negative', position, { index: count });
        capText(value.length * count, position);
        return stringRepeat(value, value === '' ? 0 : count);
    },
    upperAscii: (_position, value) => stringReplace(value, /[a-z]+/g, (letters) => toUpperCase(letters)),
    lowerAscii: (_position, value) => stringReplace(value, /[A-Z]+/g, (letters) => toLowerCase(letters)),
    charCodeAt: (position, value, index) => charCodeAt(value, indexIn(value, index, position)),
};

function fromCode(position, code) {
    if (code < 0 || code > 0x10ffff) outOfRange(code, 0x110000, position);
    return whole(fromCodePoint(code), position);
}

function indexIn(list, index, position) {
    return index >= 0 && index < list.length ? index : outOfRange(index, list.length, position);
}
