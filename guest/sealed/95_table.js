// The built-ins: for each, the row of gas that it costs before it does anything, the kinds of its arguments, and what it
// does. `?` may be left out, `...` any number. A method's receiver is not among the kinds.

// What log() wrote. Beyond the limits of the run a line is cut or only counted: the answer does not depend on them.
const lines = [];
const logging = { events: 200, bytes: 4096, dropped: 0 };

function log(position, ...values) {
    const parts = [];
    for (let i = 0; i < values.length; i++) {
        parts[i] = typeof values[i] === 'string' ? values[i] : stringifyJson(position, values[i]);
    }
    const line = joinedText(parts, ' ', position);
    if (lines.length < logging.events) lines[lines.length] = beginning(line, logging.bytes);
    else logging.dropped += 1;
    return JsonNull;
}

// The longest beginning that has at most so many bytes of UTF-8 and no half character.
function beginning(line, bytes) {
    let left = bytes;
    let end = 0;
    while (end < line.length) {
        const unit = charCodeAt(line, end);
        const isHigh = unit >= 0xd800 && unit < 0xdc00;
        left -= unit < 0x80 ? 1 : unit < 0x800 ? 2 : isHigh ? 4 : 3;
        if (left < 0) break;
        end += isHigh ? 2 : 1;
    }
    return stringSlice(line, 0, end);
}

const FREE = {
    __proto__: null,
    some: (_position, value) => some(value),
    ok: (_position, value) => ok(value),
    err: (_position, value) => err(value),
    match,
    pipe,
    log,
    sha256,
    hmacSha256,
    fnv1a64: fnvHex,
    cbor: cborHex,
};

const FUNCTIONS = {
    __proto__: null,
    ...group('', FREE, {
        some: 'option any', ok: 'option any', err: 'option any', match: 'match any record', pipe: 'pipeline any function...',
        log: 'log any...', sha256: 'sha256 string', hmacSha256: 'hmac string string', fnv1a64: 'hash any',
        cbor: 'object_entries any',
    }),
    ...group('List.', LISTS, {
        push: 'array_push array any', pop: 'array_pop array', shift: 'array_shift array', unshift: 'array_unshift array any',
        range: 'array_slice int',
    }),
    ...group('Object.', RECORDS, {
        keys: 'object_keys record', values: 'object_keys record', entries: 'object_entries record',
        fromEntries: 'object_entries array',
    }),
    ...group('Int.', INTS, {
        abs: 'compare int', min: 'compare int int', max: 'compare int int', sign: 'compare int', div: 'divide int int',
        mod: 'divide int int', pow: 'multiply int int', parse: 'string_format string', toText: 'string_format int',
    }),
    ...group('Text.', { fromCode }, { fromCode: 'string_format int' }),
    ...group('Json.', { parse: parseJson, stringify: stringifyJson }, {
        parse: 'json_parse string', stringify: 'json_stringify any',
    }),
    ...group('Option.', OPTIONS, {
        isSome: 'option option', getOr: 'option option any', map: 'option option function', andThen: 'option option function',
    }),
    ...group('Result.', RESULTS, {
        isOk: 'option result', getOr: 'option result any', map: 'option result function', andThen: 'option result function',
    }),
    ...group('Dict.', DICTS, {
        of: 'object array', empty: 'object', get: 'property dict any', has: 'property dict any', set: 'object dict any any',
        remove: 'object dict any', keys: 'object_keys dict', values: 'object_keys dict', entries: 'object_entries dict',
        size: 'property dict',
    }),
    ...group('Decimal.', DECIMALS, {
        of: 'string_format string', fromInt: 'string_format int', add: 'add decimal decimal', subtract: 'add decimal decimal',
        multiply: 'multiply decimal decimal', divide: 'divide decimal decimal', quantize: 'divide decimal int',
        round: 'divide decimal int', toIntegral: 'divide decimal', reduce: 'divide decimal', abs: 'negate decimal',
        negate: 'negate decimal', min: 'compare decimal decimal', max: 'compare decimal decimal',
        compare: 'compare decimal decimal', sum: '- array', toText: 'string_format decimal', scale: 'property decimal',
        coefficient: 'property decimal', toInt: 'divide decimal',
    }),
};

const METHODS = {
    __proto__: null,
    array: group('', ARRAYS, {
        map: 'array_slice function', filter: 'array_slice function', reduce: 'array_slice function any',
        flatMap: 'array_slice function', find: 'array_slice function', findIndex: 'array_slice function',
        some: 'array_slice function', every: 'array_slice function', concat: 'array_slice array...',
        slice: 'array_slice int? int?', includes: 'array_slice any', indexOf: 'array_slice any', join: 'array_join string?',
        toReversed: 'array_reverse', toSorted: 'sort function', toSpliced: 'array_splice int int any...',
        with: 'array_slice int any',
    }),
    string: group('', TEXTS, {
        slice: 'string_slice int? int?', substring: 'string_slice int int?', includes: 'string_search string',
        indexOf: 'string_search string', startsWith: 'string_search string', endsWith: 'string_search string',
        replace: 'string_replace string string', replaceAll: 'string_replace string string', split: 'string_split string',
        trim: 'string_format', trimStart: 'string_format', trimEnd: 'string_format', padStart: 'string_format int string?',
        padEnd: 'string_format int string?', repeat: 'string_format int', upperAscii: 'string_format',
        lowerAscii: 'string_format', charCodeAt: 'element int',
    }),
};

// { name: { units, kinds, least, most, work } }. `-` is a row that the work itself charges.
function group(prefix, works, rows) {
    const out = create(null);
    for (const name of keys(rows)) {
        const [row, ...kinds] = stringSplit(rows[name], ' ');
        const isOpen = kinds.length > 0 && stringEndsWith(kinds[kinds.length - 1], '...');
        out[prefix + name] = {
            units: row === '-' ? 0 : units(row),
            kinds: kinds.map((kind) => stringReplace(kind, /[^a-z]+$/, '')),
            least: kinds.filter((kind) => regexpTest(/[a-z]$/, kind)).length,
            most: isOpen ? Infinity : kinds.length,
            work: works[name],
        };
    }
    return out;
}

// Counts, then kinds: before these, the row is charged.
function checkArguments(position, { kinds, least, most }, args) {
    if (args.length < least || args.length > most) {
        wrongCount(position, least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`, args.length);
    }
    for (let i = 0; i < args.length; i++) {
        const kind = kinds[min(i, kinds.length - 1)];
        if (kind !== 'any' && kindOf(args[i]) !== kind) mismatch(NOUNS[kind], args[i], position);
    }
}

const bi = performing((position, name, args) => {
    const builtIn = FUNCTIONS[name];
    charge(builtIn.units);
    checkArguments(position, builtIn, args);
    return builtIn.work(position, ...args);
});

const FIELD_CALL_UNITS = units('property') + units('call');

// A built-in method, or a function in a record.
const method = performing((position, object, given) => {
    const name = given[0];
    const args = arraySlice(given, 1);
    if (isRecord(object)) {
        const callee = own(object, name, position);
        if (isFunction(callee)) charge(FIELD_CALL_UNITS);
        return new Tail(position, callee, args);
    }
    const methods = METHODS[kindOf(object)];
    if (!methods) mismatch('an array, a string or a record', object, position);
    const builtIn = methods[name] ?? noProperty(name, keys(methods), position);
    charge(builtIn.units);
    checkArguments(position, builtIn, args);
    return builtIn.work(position, object, ...args);
});
