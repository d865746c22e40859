// What a script sees besides the language: tools, context, console; a seeded Math.random; Date from the host's clock.

let randomSeed = '';    // 32 hex digits
let randomState;

function seeded() {
    const words = [];
    for (let i = 0; i < 4; i++) arrayPush(words, parseInt(stringSlice(randomSeed, i * 8, i * 8 + 8), 16) | 0);
    if (!(words[0] | words[1] | words[2] | words[3])) words[0] = 1;
    return words;
}

// xoshiro128**, D. Blackman and S. Vigna, https://prng.di.unimi.it/ ; 32 bits a draw.
function draw() {
    randomState ??= seeded();
    const s = randomState;
    const product = imul(s[1], 5);
    const result = imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
}

defineProperty(Math, 'random', {
    value: { random() { return ((draw() >>> 5) * 67108864 + (draw() >>> 6)) / 9007199254740992; } }.random,
});

for (const [name, get] of Object.entries({
    tools: () => run.tools,
    context: () => run.context,
    console: () => consoleObject,
})) {
    defineProperty(realm, name, { get, set: undefined, enumerable: false, configurable: false });
}
