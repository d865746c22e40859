// Operators on integers, and the comparisons. A result is an integer of the safe range, or the run ends. Sums, products
// and quotients of safe integers that leave the range do so in floating point, too, so one check is enough.

function bothInts(a, b, position) {
    if (typeof a !== 'number') mismatch('an integer', a, position);
    if (typeof b !== 'number') mismatch('an integer', b, position);
}

function inRange(result, position) {
    if (result > MAX_SAFE_INTEGER || result < -MAX_SAFE_INTEGER) {
        die('IntegerOverflowError', 'the result is beyond the safe integers', position);
    }
    return result;
}

const negativeZero = (position) => die('InexactResultError', 'the result is -0', position);
const isNegativeZero = (result) => result === 0 && 1 / result < 0;

function add(a, b, position) {
    if (typeof a === 'string' && typeof b === 'string') {
        capText(a.length + b.length, position);
        return a + b;
    }
    if (typeof a === 'number' && typeof b === 'number') return inRange(a + b, position);
    return mismatch(NOUNS[typeof a === 'string' ? 'string' : 'int'], typeof a === 'string' || typeof a === 'number' ? b : a, position);
}

function sub(a, b, position) {
    bothInts(a, b, position);
    return inRange(a - b, position);
}

function mul(a, b, position) {
    bothInts(a, b, position);
    const result = a * b;
    if (result === 0 && isNegativeZero(result)) negativeZero(position);
    return inRange(result, position);
}

function nonZero(b, position) {
    if (b === 0) die('DivisionByZeroError', 'division by zero', position);
}

function div(a, b, position) {
    bothInts(a, b, position);
    nonZero(b, position);
    if (a % b !== 0) die('InexactResultError', `${a} / ${b} is no integer`, position);
    const result = a / b;
    return isNegativeZero(result) ? negativeZero(position) : result;
}

function rem(a, b, position) {
    bothInts(a, b, position);
    nonZero(b, position);
    const result = a % b;
    return isNegativeZero(result) ? negativeZero(position) : result;
}

function neg(a, position) {
    if (typeof a !== 'number') mismatch('an integer', a, position);
    return a === 0 ? negativeZero(position) : -a;
}

function bool(a, position) {
    return typeof a === 'boolean' ? a : mismatch('a boolean', a, position);
}

const not = (a, position) => !bool(a, position);

// Negative, 0 or positive as a is before, with or after b.
function ordered(a, b, position) {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
    if (isDecimal(a) && isDecimal(b)) return compareDecimals(a, b);
    const kind = kindOf(a);
    const comparable = kind === 'int' || kind === 'string' || kind === 'decimal';
    return comparable ? mismatch(NOUNS[kind], b, position) : mismatch('an integer, a string or a Decimal', a, position);
}

const lt = (a, b, position) => ordered(a, b, position) < 0;
const le = (a, b, position) => ordered(a, b, position) <= 0;
const gt = (a, b, position) => ordered(a, b, position) > 0;
const ge = (a, b, position) => ordered(a, b, position) >= 0;

// -- built-ins ----------------------------------------------------------------------------------------------------------

const plusZero = (value) => (value === 0 ? 0 : value);

const INTS = {
    __proto__: null,
    abs: (_position, n) => (n < 0 ? -n : n),
    min: (_position, a, b) => (a < b ? a : b),
    max: (_position, a, b) => (a > b ? a : b),
    sign: (_position, n) => (n > 0 ? 1 : n < 0 ? -1 : 0),
    div: (position, a, b) => {
        nonZero(b, position);
        const rest = a % b;    // a - rest is exact: it lies between 0 and a
        return plusZero((a - rest) / b - (isOtherSide(rest, b) ? 1 : 0));
    },
    mod: (position, a, b) => {
        nonZero(b, position);
        const rest = a % b;
        return plusZero(isOtherSide(rest, b) ? rest + b : rest);
    },
    pow: (position, base, exponent) => {
        if (exponent < 0) die('IndexOutOfRangeError', 'the exponent is negative', position, { index: exponent });
        return power(base, exponent, position);
    },
    parse: (_position, text) => {
        const value = regexpTest(/^-?(0|[1-9][0-9]*)$/, text) && text !== '-0' ? Number(text) : NaN;
        return isSafeInteger(value) ? some(value) : none;
    },
    toText: (_position, n) => `${n}`,
};

// Whether a remainder has not the divisor's sign, as it has with the floor of the quotient.
const isOtherSide = (rest, b) => rest !== 0 && rest < 0 !== b < 0;

// The bases whose powers stay small are done at once, so there are at most 52 steps.
function power(base, exponent, position) {
    if (base === 0 || base === 1) return exponent === 0 ? 1 : base;
    if (base === -1) return exponent % 2 === 0 ? 1 : -1;
    let result = 1;
    for (let i = 0; i < exponent; i++) result = inRange(result * base, position);
    return result;
}
