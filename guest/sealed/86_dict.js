// Dict: keys of any kind but functions, in the order of keys. Three sorted lists; a key is found by halving.

function dictKey(key, position) {
    return keyOrder(key, position, 'DictKeyError');
}

// Where a key with this order is; where it is not, -1 - where it would go.
function placeOf(dict, order) {
    const { orders } = dict;
    let low = 0;
    let high = orders.length;
    while (low < high) {
        const middle = floor((low + high) / 2);
        if (orders[middle] < order) low = middle + 1;
        else high = middle;
    }
    return low < orders.length && orders[low] === order ? low : -1 - low;
}

// Of entries in any order; the last one of a key counts.
function dictOf(position, entries) {
    const sortable = [];
    for (let i = 0; i < entries.length; i++) {
        const [name, value] = pair(entries[i], position);
        sortable[i] = { order: dictKey(name, position), name, value };
    }
    arraySort(sortable, (a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
    const dict = new Dict([], [], []);
    for (let i = 0; i < sortable.length; i++) {
        const { order, name, value } = sortable[i];
        if (i + 1 < sortable.length && sortable[i + 1].order === order) continue;
        arrayPush(dict.orders, order);
        arrayPush(dict.names, name);
        arrayPush(dict.values, value);
    }
    return dict;
}

// A copy with `count` keys at `place` replaced by the entries of another Dict.
function spliced({ orders, names, values }, place, count, by) {
    return new Dict(
        arrayToSpliced(orders, place, count, ...by.orders), arrayToSpliced(names, place, count, ...by.names),
        arrayToSpliced(values, place, count, ...by.values));
}

const EMPTY_DICT = new Dict([], [], []);

function entriesOf({ names, values }) {
    const out = [];
    for (let i = 0; i < names.length; i++) out[i] = [names[i], values[i]];
    return out;
}

const DICTS = {
    __proto__: null,
    of: dictOf,
    empty: () => EMPTY_DICT,
    get: (position, dict, key) => {
        const place = placeOf(dict, dictKey(key, position));
        return place < 0 ? none : some(dict.values[place]);
    },
    has: (position, dict, key) => placeOf(dict, dictKey(key, position)) >= 0,
    set: (position, dict, key, value) => {
        const order = dictKey(key, position);
        const place = placeOf(dict, order);
        const entry = new Dict([order], [key], [value]);
        if (place >= 0) return spliced(dict, place, 1, entry);
        capEntries(dict.names.length + 1, position);
        return spliced(dict, -1 - place, 0, entry);
    },
    remove: (position, dict, key) => {
        const place = placeOf(dict, dictKey(key, position));
        return place < 0 ? dict : spliced(dict, place, 1, EMPTY_DICT);
    },
    keys: (_position, dict) => dict.names,
    values: (_position, dict) => dict.values,
    entries: (_position, dict) => entriesOf(dict),
    size: (_position, dict) => dict.names.length,
};
