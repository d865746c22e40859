// Records, and what reads a part of a value: members, elements, `in`, patterns. A record is written only while it is made.

function rec(position, fields) {
    const record = create(null);
    for (let i = 0; i < fields.length; i += 2) record[keyText(fields[i], position)] = fields[i + 1];
    return record;
}

// Parts are 0, key, value or 1, record.
function recSpread(position, parts) {
    const record = create(null);
    for (let i = 0; i < parts.length;) {
        if (parts[i] === 0) {
            record[keyText(parts[i + 1], position)] = parts[i + 2];
            i += 3;
        } else {
            spread(record, parts[i + 1], position);
            i += 2;
        }
    }
    capEntries(keys(record).length, position);
    return record;
}

function spread(record, from, position) {
    if (!isRecord(from)) mismatch('a record', from, position);
    const names = keys(from);
    for (let i = 0; i < names.length; i++) record[names[i]] = from[names[i]];
}

const keyText = (key, position) => (typeof key === 'string' ? key : mismatch('a string', key, position));

function own(record, name, position) {
    return name in record ? record[name] : noProperty(name, keys(record), position);
}

function prop(object, name, position) {
    if (isRecord(object)) return own(object, name, position);
    const hasLength = typeof object === 'string' || isArray(object);
    if (!hasLength) mismatch('a record', object, position);
    return name === 'length' ? object.length : noProperty(name, ['length'], position);
}

function at(object, index, position) {
    if (isRecord(object)) return own(object, keyText(index, position), position);
    if (typeof object !== 'string' && !isArray(object)) mismatch('an array, a string or a record', object, position);
    if (typeof index !== 'number') mismatch('an integer', index, position);
    const part = object[indexIn(object, index, position)];
    return typeof object === 'string' ? whole(part, position) : part;
}

function has(key, object, position) {
    if (!isRecord(object) && !isDict(object)) mismatch('a record or a Dict', object, position);
    keyText(key, position);
    return isRecord(object) ? key in object : placeOf(object, keyOrder(key, position)) >= 0;
}

// -- patterns -----------------------------------------------------------------------------------------------------------

function pobj(object, names, position) {
    if (!isRecord(object)) mismatch('a record', object, position);
    const parts = [];
    for (let i = 0; i < names.length; i++) parts[i] = own(object, names[i], position);
    return parts;
}

function prest(object, names, position) {
    if (!isRecord(object)) mismatch('a record', object, position);
    const rest = create(null);
    spread(rest, object, position);
    for (let i = 0; i < names.length; i++) delete rest[names[i]];
    return rest;
}

function parr(list, count, hasRest, position) {
    if (!isArray(list)) mismatch('an array', list, position);
    if (list.length < count) outOfRange(list.length, list.length, position);
    const parts = arraySlice(list, 0, count);
    if (hasRest) parts[count] = arraySlice(list, count);
    return parts;
}

// -- a name that is not there ---------------------------------------------------------------------------------------------

const NEAR_NAMES = 200;
const NEAR_UNITS = 40;

function noProperty(key, names, position) {
    const near = nearest(key, names);
    const details = near === undefined ? { key } : { key, nearest: near };
    return die('PropertyNotFoundError', `there is no ${quote(cut(key, NAME_CHARS))}`, position, details);
}

// The name that takes the fewest edits, at most a third of the key's units; the first in the order of keys among equals.
function nearest(key, names) {
    if (names.length > NEAR_NAMES || key.length > NEAR_UNITS) return undefined;
    let best;
    let least = floor(max(key.length, 3) / 3) + 1;
    for (const name of arraySort(arraySlice(names))) {
        const count = name.length > NEAR_UNITS ? least : edits(key, name);
        if (count < least) [best, least] = [name, count];
    }
    return best;
}

// Levenshtein's distance, a row at a time.
function edits(a, b) {
    let row = [];
    for (let j = 0; j <= b.length; j++) row[j] = j;
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) {
            next[j] = min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        }
        row = next;
    }
    return row[b.length];
}

// -- built-ins ----------------------------------------------------------------------------------------------------------

function valuesOf(record) {
    const names = sortedKeys(record);
    for (let i = 0; i < names.length; i++) names[i] = record[names[i]];
    return names;
}

function pair(entry, position) {
    if (!isArray(entry)) mismatch('an array', entry, position);
    if (entry.length !== 2) outOfRange(entry.length < 2 ? entry.length : 2, 2, position);
    return entry;
}

const RECORDS = {
    __proto__: null,
    keys: (_position, record) => sortedKeys(record),
    values: (_position, record) => valuesOf(record),
    entries: (_position, record) => {
        const names = sortedKeys(record);
        for (let i = 0; i < names.length; i++) names[i] = [names[i], record[names[i]]];
        return names;
    },
    fromEntries: (position, entries) => {
        const record = create(null);
        for (let i = 0; i < entries.length; i++) {
            const [name, value] = pair(entries[i], position);
            record[keyText(name, position)] = value;
        }
        return record;
    },
};
