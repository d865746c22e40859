// Deterministic CBOR after RFC 7049, section 3.9: shortest forms, definite lengths, and the keys of a map shorter first,
// then bytewise. (RFC 8949, section 4.2.1, orders them bytewise only.) Bytes are kept as a string of units 0..255: the
// engine compares, joins and keeps those best, and the bytes of ASCII text are that text.

const TAG_DECIMAL = 4;
const TAG_OPTION = 40500;
const TAG_RESULT = 40501;
const TAG_DICT = 40502;

const encodeCbor = (value, position, code) => encoded(CBOR, value, { position, code });

// A text of 0 to 8 bytes, the most significant first.
function bigEndian(number, count) {
    let bytes = '';
    for (let i = 0; i < count; i++) {
        bytes = fromCharCode(number % 256) + bytes;
        number = floor(number / 256);
    }
    return bytes;
}

function head(major, number) {
    const initial = major << 5;
    if (number < 24) return fromCharCode(initial | number);
    if (number < 0x100) return fromCharCode(initial | 24, number);
    if (number < 0x10000) return fromCharCode(initial | 25) + bigEndian(number, 2);
    if (number < 0x100000000) return fromCharCode(initial | 26) + bigEndian(number, 4);
    return fromCharCode(initial | 27) + bigEndian(number, 8);
}

const cborInt = (number) => (number < 0 ? head(1, -1 - number) : head(0, number));

// encodeURIComponent is the engine's own UTF-8; each %XX of it is a byte.
const utf8 = (string) => (regexpTest(/[^\0-\x7f]/, string) ? unescape(encodeURIComponent(string)) : string);

function cborText(string) {
    const bytes = utf8(string);
    return head(3, bytes.length) + bytes;
}

// A coefficient that is no safe integer goes as a 64-bit integer where it fits, else as a bignum.
function cborBig(number) {
    const major = number < 0n ? 1 : 0;
    const size = major ? -1n - number : number;
    if (size <= MAX_SAFE_INTEGER) return head(major, Number(size));
    const digits = bigintText(size, 16);
    if (digits.length <= 16) return fromCharCode(major << 5 | 27) + fromHex(stringPadStart(digits, 16, '0'));
    const bytes = fromHex(digits.length % 2 ? `0${digits}` : digits);
    return head(6, 2 + major) + head(2, bytes.length) + bytes;
}

const CBOR = {
    __proto__: null,
    int: (state, value) => emit(state, cborInt(value)),
    boolean: (state, value) => emit(state, value ? '\xf5' : '\xf4'),
    null: (state) => emit(state, '\xf6'),
    string: (state, value) => emit(state, cborText(value)),
    array: (state, value) => {
        emit(state, head(4, value.length));
        within(state, value);
    },
    record: (state, value) => {
        const names = cborSorted(value);
        emit(state, head(5, names.length));
        const items = [];
        for (let i = 0; i < names.length; i++) arrayPush(items, names[i], value[names[i]]);
        within(state, items);
    },
    decimal: (state, value) => {
        const { coefficient, scale } = reduced(value);
        emit(state, head(6, TAG_DECIMAL) + head(4, 2) + cborInt(plusZero(-scale)) + cborBig(coefficient));
    },
    option: (state, value) => {
        emit(state, head(6, TAG_OPTION) + head(4, value.isSome ? 1 : 0));
        within(state, value.isSome ? [value.value] : []);
    },
    result: (state, value) => {
        emit(state, head(6, TAG_RESULT) + head(4, 2));
        within(state, [value.isOk, value.value]);
    },
    dict: (state, value) => {
        emit(state, head(6, TAG_DICT) + head(4, value.names.length));
        within(state, entriesOf(value));
    },
    function: unencodable,
};

function cborSorted(record) {
    const names = keys(record);
    if (names.length < 2) return names;
    const out = [];
    for (let i = 0; i < names.length; i++) out[i] = { name: names[i], bytes: cborText(names[i]) };
    arraySort(out, (a, b) => a.bytes.length - b.bytes.length || (a.bytes < b.bytes ? -1 : 1));
    for (let i = 0; i < out.length; i++) out[i] = out[i].name;
    return out;
}

// -- bytes as text ------------------------------------------------------------------------------------------------------

const HEX = [];
for (let byte = 0; byte < 256; byte++) HEX[byte] = stringSlice(numberText(256 + byte, 16), 1);

function toHex(bytes) {
    const out = [];
    for (let i = 0; i < bytes.length; i++) out[i] = HEX[charCodeAt(bytes, i)];
    return arrayJoin(out, '');
}

function fromHex(digits) {
    let bytes = '';
    for (let i = 0; i < digits.length; i += 2) bytes += fromCharCode(parseInt(stringSlice(digits, i, i + 2), 16));
    return bytes;
}

const hex32 = (number) => stringSlice(numberText((number >>> 0) + 0x100000000, 16), 1);

function cborHex(position, value) {
    const bytes = encodeCbor(value, position);
    capText(2 * bytes.length, position);
    return toHex(bytes);
}
