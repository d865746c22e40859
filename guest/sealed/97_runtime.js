// All that a compiled program is given: `execute` calls it with this object and the input.

const runtime = freeze({
    __proto__: null,
    charge, add, sub, mul, div, rem, neg, not, eq, ne, lt, le, gt, ge, bool, type, has, at, prop, text,
    arr, arrSpread, rec, recSpread, pobj, prest, parr,
    fn, call, tail, agcall, method, bi, effect, early, U, none, JsonNull,
});
