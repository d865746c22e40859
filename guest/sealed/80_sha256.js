// SHA-256 (FIPS 180-4) and HMAC (RFC 2104) over the UTF-8 of texts. Bytes are strings of units 0..255, as in 60_cbor.js.

const BLOCK = 64;
const [SHA_START, SHA_ROUND] = shaConstants();

// The first 32 bits of the fractions of the square roots of the first 8 primes, and of the cube roots of the first 64.
function shaConstants() {
    const primes = [];
    for (let n = 2; primes.length < 64; n++) {
        if (primes.every((prime) => n % prime)) primes.push(n);
    }
    const fraction = (prime, power) => Number(BigInt.asIntN(32, root(BigInt(prime) << 32n * power, power)));
    return [primes.slice(0, 8).map((prime) => fraction(prime, 2n)), primes.map((prime) => fraction(prime, 3n))];
}

// The integer root, by bisection.
function root(number, power) {
    let low = 0n;
    let high = 1n << 40n;
    while (high - low > 1n) {
        const middle = (low + high) / 2n;
        if (middle ** power <= number) low = middle;
        else high = middle;
    }
    return low;
}

const rotated = (word, bits) => word >>> bits | word << 32 - bits;

function digest(bytes) {
    const message = bytes + shaPadding(bytes.length);
    const state = new Int32Array(SHA_START);
    const words = new Int32Array(BLOCK);
    for (let at = 0; at < message.length; at += BLOCK) {
        schedule(words, message, at);
        compress(state, words);
    }
    let out = '';
    for (let i = 0; i < 8; i++) out += bigEndian(state[i] >>> 0, 4);
    return out;
}

function shaPadding(length) {
    const zeros = (2 * BLOCK - 9 - length % BLOCK) % BLOCK;
    return `\x80${stringRepeat('\0', zeros)}${bigEndian(8 * length, 8)}`;
}

function schedule(words, message, at) {
    for (let i = 0; i < 16; i++, at += 4) {
        words[i] = charCodeAt(message, at) << 24 | charCodeAt(message, at + 1) << 16
            | charCodeAt(message, at + 2) << 8 | charCodeAt(message, at + 3);
    }
    for (let i = 16; i < BLOCK; i++) {
        const early = words[i - 15];
        const late = words[i - 2];
        words[i] = words[i - 16] + words[i - 7] + (rotated(early, 7) ^ rotated(early, 18) ^ early >>> 3)
            + (rotated(late, 17) ^ rotated(late, 19) ^ late >>> 10);
    }
}

function compress(state, words) {
    let [a, b, c, d, e, f, g, h] = [state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]];
    for (let i = 0; i < BLOCK; i++) {
        const first = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + (e & f ^ ~e & g) + SHA_ROUND[i] + words[i] | 0;
        const second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
        h = g;
        g = f;
        f = e;
        e = d + first | 0;
        d = c;
        c = b;
        b = a;
        a = first + second | 0;
    }
    const turned = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i++) state[i] += turned[i];
}

const sha256 = (_position, text) => toHex(digest(utf8(text)));

function hmacSha256(_position, key, text) {
    const bytes = utf8(key);
    const short = bytes.length > BLOCK ? digest(bytes) : bytes;
    return toHex(digest(masked(short, 0x5c) + digest(masked(short, 0x36) + utf8(text))));
}

function masked(key, mask) {
    let out = '';
    for (let i = 0; i < BLOCK; i++) out += fromCharCode((i < key.length ? charCodeAt(key, i) : 0) ^ mask);
    return out;
}
