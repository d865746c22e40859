// Arrays: literals, methods and List. All make new arrays; none is longer than MAX_ENTRIES.

const arr = (items) => items;

// Items are 0, item or 1, array.
function arrSpread(position, parts) {
    const out = [];
    for (let i = 0; i < parts.length; i += 2) {
        if (parts[i] === 0) out[out.length] = parts[i + 1];
        else if (isArray(parts[i + 1])) append(out, parts[i + 1], position);
        else mismatch('an array', parts[i + 1], position);
    }
    capEntries(out.length, position);
    return out;
}

function append(out, list, position) {
    capEntries(out.length + list.length, position);
    for (let i = 0; i < list.length; i++) out[out.length] = list[i];
}

// The call of a callback for an item: given the item, or the item and its index.
const itemCall = (position, callee, count, item, index) =>
    (count === 1 ? callback(position, callee, item) : callback(position, callee, item, index));

// The index of the first item for which the callback answers `wanted`, or -1.
function* search(position, list, callee, wanted) {
    const count = taken(position, callee, 1, 2);
    for (let i = 0; i < list.length; i++) {
        if (bool(yield itemCall(position, callee, count, list[i], i), position) === wanted) return i;
    }
    return -1;
}

function indexOf(list, wanted) {
    for (let i = 0; i < list.length; i++) {
        if (eq(list[i], wanted)) return i;
    }
    return -1;
}

// The order in which a merge sort, from the whole down, merges its halves: begin, middle and end of each merge. It is
// fixed, so which pairs are compared, and so what sorting costs, is the same everywhere.
function merges(begin, end, out = []) {
    if (end - begin < 2) return out;
    const middle = begin + floor((end - begin) / 2);
    merges(begin, middle, out);
    merges(middle, end, out);
    arrayPush(out, [begin, middle, end]);
    return out;
}

function* sorted(position, list, callee) {
    taken(position, callee, 2, 2);
    const out = arraySlice(list);
    for (const [begin, middle, end] of merges(0, list.length)) {
        const left = arraySlice(out, begin, middle);
        for (let l = 0, r = middle, to = begin; l < left.length; to++) {
            const isLeft = r === end || (yield* compared(position, callee, left[l], out[r])) <= 0;
            out[to] = isLeft ? left[l++] : out[r++];
        }
    }
    return out;
}

function* compared(position, callee, a, b) {
    const order = yield callback(position, callee, a, b);
    return typeof order === 'number' ? order : mismatch('an integer', order, position);
}

function joinParts(position, list, separator = ',') {
    const parts = [];
    for (let i = 0; i < list.length; i++) parts[i] = partText(list[i], position);
    return joinedText(parts, separator, position);
}

const ARRAYS = {
    __proto__: null,
    * map(position, list, callee) {
        const count = taken(position, callee, 1, 2);
        const out = [];
        for (let i = 0; i < list.length; i++) out[i] = yield itemCall(position, callee, count, list[i], i);
        return out;
    },
    * filter(position, list, callee) {
        const count = taken(position, callee, 1, 2);
        const out = [];
        for (let i = 0; i < list.length; i++) {
            if (bool(yield itemCall(position, callee, count, list[i], i), position)) out[out.length] = list[i];
        }
        return out;
    },
    * reduce(position, list, callee, start) {
        const count = taken(position, callee, 2, 3);
        let value = start;
        for (let i = 0; i < list.length; i++) {
            value = yield count === 2 ? callback(position, callee, value, list[i]) : callback(position, callee, value, list[i], i);
        }
        return value;
    },
    * flatMap(position, list, callee) {
        const count = taken(position, callee, 1, 2);
        const out = [];
        for (let i = 0; i < list.length; i++) {
            const items = yield itemCall(position, callee, count, list[i], i);
            append(out, checkKind(items, 'array', position), position);
        }
        return out;
    },
    * find(position, list, callee) {
        const index = yield* search(position, list, callee, true);
        return index < 0 ? none : some(list[index]);
    },
    * findIndex(position, list, callee) {
        return yield* search(position, list, callee, true);
    },
    * some(position, list, callee) {
        return (yield* search(position, list, callee, true)) >= 0;
    },
    * every(position, list, callee) {
        return (yield* search(position, list, callee, false)) < 0;
    },
    toSorted: sorted,
    concat: (position, list, ...others) => {
        const out = arraySlice(list);
        for (let i = 0; i < others.length; i++) append(out, others[i], position);
        return out;
    },
    slice: (_position, list, from = 0, to = list.length) => arraySlice(list, from, to),
    includes: (_position, list, wanted) => indexOf(list, wanted) >= 0,
    indexOf: (_position, list, wanted) => indexOf(list, wanted),
    join: joinParts,
    toReversed: (_position, list) => arrayToReversed(list),
    toSpliced: (position, list, start, count, ...items) => {
        const out = arrayToSpliced(list, start, count, ...items);
        capEntries(out.length, position);
        return out;
    },
    with: (position, list, index, item) => arrayWith(list, indexIn(list, index, position), item),
};

function notEmpty(list, position) {
    if (list.length === 0) outOfRange(0, 0, position);
}

const LISTS = {
    __proto__: null,
    push: (position, list, item) => {
        capEntries(list.length + 1, position);
        const out = arraySlice(list);
        out[out.length] = item;
        return out;
    },
    pop: (position, list) => {
        notEmpty(list, position);
        return arraySlice(list, 0, list.length - 1);
    },
    shift: (position, list) => {
        notEmpty(list, position);
        return arraySlice(list, 1);
    },
    unshift: (position, list, item) => {
        capEntries(list.length + 1, position);
        return arrayConcat([item], list);
    },
    range: (position, count) => {
        if (count < 0) die('IndexOutOfRangeError', 'the count is negative', position, { index: count });
        capEntries(count, position);
        const out = [];
        for (let i = 0; i < count; i++) out[i] = i;
        return out;
    },
};
