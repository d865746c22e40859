// Structural equality of any two values. It keeps its own stack, so depth costs nothing, and takes a pair that it is
// already comparing as equal: closures that reach themselves end, and shared parts are not compared over and over.

const REMEMBER_AFTER = 64;    // pairs; small values are done before the bookkeeping would pay

function eq(a, b) {
    if (a === b) return true;
    if (typeof a !== 'object' || typeof b !== 'object') return false;
    return sameParts(a, b);
}

const ne = (a, b) => !eq(a, b);

function sameParts(a, b) {
    const open = [a, b];
    const seen = new Map();
    for (let steps = 0; open.length; steps++) {
        const right = open[open.length - 1];
        const left = open[open.length - 2];
        open.length -= 2;
        if (left === right) continue;
        if (typeof left !== 'object' || typeof right !== 'object') return false;
        if ((steps >= REMEMBER_AFTER || isFunction(left)) && isKnown(seen, left, right)) continue;
        const kind = kindOf(left);
        if (kind !== kindOf(right) || !PARTS[kind](left, right, open)) return false;
    }
    return true;
}

function isKnown(seen, left, right) {
    let partners = mapGet(seen, left);
    if (!partners) mapSet(seen, left, partners = new Set());
    if (setHas(partners, right)) return true;
    setAdd(partners, right);
    return false;
}

// By kind: false where two values differ already, else true, with the pairs that must be equal put on `open`.
const PARTS = {
    __proto__: null,
    array: pairs,
    record: (a, b, open) => {
        const names = keys(a);
        if (names.length !== keys(b).length) return false;
        for (let i = 0; i < names.length; i++) {
            const name = names[i];
            if (!(name in b)) return false;
            open[open.length] = a[name];
            open[open.length] = b[name];
        }
        return true;
    },
    decimal: (a, b) => compareDecimals(a, b) === 0,
    option: (a, b, open) => a.isSome === b.isSome && pairs([a.value], [b.value], open),
    result: (a, b, open) => a.isOk === b.isOk && pairs([a.value], [b.value], open),
    dict: (a, b, open) => pairs(a.orders, b.orders, open) && pairs(a.values, b.values, open),
    function: (a, b, open) => a.code === b.code && (a.env === null || pairs(a.env(), b.env(), open)),
    null: () => true,
};

function pairs(a, b, open) {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) {
        open[open.length] = a[i];
        open[open.length] = b[i];
    }
    return true;
}
