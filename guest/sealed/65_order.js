// FNV-1a 64, and the order of keys that rests on it: by type tag, then by the hash of the key's CBOR, then by the CBOR
// itself. An order text is these three one after the other, so that comparing two texts compares two keys.

const FNV_LOW = 0x84222325;
const FNV_HIGH = 0xcbf29ce4;

// In two halves of 32 bits; the prime is 2 ** 40 + 435. (A BigInt takes 1.4 times as long.)
function fnv(bytes) {
    let low = FNV_LOW;
    let high = FNV_HIGH;
    for (let i = 0; i < bytes.length; i++) {
        low = (low ^ charCodeAt(bytes, i)) >>> 0;
        const product = low * 435;
        high = imul(high, 435) + (low << 8) + floor(product / 0x100000000) | 0;
        low = product >>> 0;
    }
    return { high: high >>> 0, low };
}

function fnvHex(position, value) {
    const { high, low } = fnv(encodeCbor(value, position));
    return hex32(high) + hex32(low);
}

const TAGS = {
    __proto__: null, null: '\0', boolean: '\x01', int: '\x02', decimal: '\x03', string: '\x04', array: '\x05',
    record: '\x06', option: '\x07', result: '\x08', dict: '\x09',
};

function orderText(tag, bytes) {
    const { high, low } = fnv(bytes);
    return tag + fromCharCode(high >>> 16, high & 0xffff, low >>> 16, low & 0xffff) + bytes;
}

const keyOrder = (key, position, code) => orderText(TAGS[kindOf(key)], encodeCbor(key, position, code));

// The keys of a record in the order of keys.
function sortedKeys(record) {
    const names = keys(record);
    if (names.length < 2) return names;
    const out = [];
    for (let i = 0; i < names.length; i++) out[i] = { name: names[i], order: orderText(TAGS.string, cborText(names[i])) };
    arraySort(out, (a, b) => (a.order < b.order ? -1 : 1));
    for (let i = 0; i < out.length; i++) out[i] = out[i].name;
    return out;
}
