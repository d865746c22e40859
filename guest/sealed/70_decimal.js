// Decimal: what IEEE 754 decimal128 does, within scales 0 to 28. A result is computed exactly and rounded once, half to
// even, to at most 34 digits and at most 28 places; where that would need a negative scale it is an "Overflow".

const MAX_DIGITS = 34;
const MAX_SCALE = 28;
const SOURCE_DIGITS = 2 * MAX_DIGITS;    // that Decimal.of looks at one by one
const TENS = [1n];
for (let i = 1; i <= 4 * MAX_DIGITS; i++) TENS[i] = TENS[i - 1] * 10n;

const OVERFLOW = err('Overflow');
const BY_ZERO = err('DivisionByZero');
const SYNTAX = err('Syntax');

const magnitude = (number) => (number < 0n ? -number : number);
const digitCount = (number) => bigintText(magnitude(number)).length;

// numerator / denominator to the nearest integer, ties to the even one. The denominator is positive.
function halfEven(numerator, denominator) {
    const size = magnitude(numerator);
    let quotient = size / denominator;
    const twice = (size - quotient * denominator) * 2n;
    if (twice > denominator || twice === denominator && quotient % 2n === 1n) quotient += 1n;
    return numerator < 0n ? -quotient : quotient;
}

// The Decimal nearest to coefficient / divisor * 10 ** -scale, at the scale or the largest lower one that has room.
// undefined where there is none. `scale` may be anything; the divisor is positive.
function rounded(coefficient, scale, divisor = 1n) {
    const excess = digitCount(coefficient / divisor) - MAX_DIGITS;
    const dropped = max(excess, scale - MAX_SCALE, 0);
    if (scale - dropped < 0) return undefined;
    const kept = halfEven(coefficient, divisor * TENS[dropped]);
    if (digitCount(kept) <= MAX_DIGITS) return new Decimal(kept, scale - dropped);
    return scale - dropped > 0 ? new Decimal(kept / 10n, scale - dropped - 1) : undefined;    // it is 10 ** 34
}

const resultOf = (decimal) => (decimal ? ok(decimal) : OVERFLOW);

// Coefficients of two Decimals at one scale.
function aligned(a, b) {
    const scale = a.scale > b.scale ? a.scale : b.scale;
    return [a.coefficient * TENS[scale - a.scale], b.coefficient * TENS[scale - b.scale], scale];
}

// Negative, 0 or positive. Always at the larger of all scales, so that the time tells nothing of the digits.
function compareDecimals(a, b) {
    const left = a.coefficient * TENS[MAX_SCALE - a.scale];
    const right = b.coefficient * TENS[MAX_SCALE - b.scale];
    return left < right ? -1 : left > right ? 1 : 0;
}

// Without trailing zeros: the one form of each number.
const reduced = (value) => stripped(value, 0);

function stripped({ coefficient, scale }, least) {
    while (scale > least && coefficient % 10n === 0n) {
        coefficient /= 10n;
        scale -= 1;
    }
    return new Decimal(coefficient, scale);
}

function decimalText(value) {
    const { coefficient, scale } = reduced(value);
    if (scale === 0) return bigintText(coefficient);
    const digits = stringPadStart(bigintText(magnitude(coefficient)), scale + 1, '0');
    const point = digits.length - scale;
    return `${coefficient < 0n ? '-' : ''}${stringSlice(digits, 0, point)}.${stringSlice(digits, point)}`;
}

// -- built-ins ----------------------------------------------------------------------------------------------------------

// The exact quotient has the scale nearest to a.scale - b.scale; any other, as many digits as there is room for.
function quotient(a, b) {
    if (b.coefficient === 0n) return BY_ZERO;
    const sign = b.coefficient < 0n ? -1n : 1n;
    const numerator = sign * a.coefficient * TENS[MAX_SCALE + b.scale];
    const scale = MAX_SCALE + a.scale;
    const divisor = magnitude(b.coefficient);
    const decimal = rounded(numerator, scale, divisor);
    if (!decimal) return OVERFLOW;
    const isExact = decimal.coefficient * divisor * TENS[scale - decimal.scale] === numerator;
    const ideal = a.scale > b.scale ? a.scale - b.scale : 0;
    return ok(isExact ? stripped(decimal, ideal) : decimal);
}

function atScale({ coefficient, scale }, wanted) {
    if (wanted < scale) return new Decimal(halfEven(coefficient, TENS[scale - wanted]), wanted);
    return new Decimal(coefficient * TENS[wanted - scale], wanted);
}

function checkScale(scale, position) {
    if (scale < 0 || scale > MAX_SCALE) outOfRange(scale, MAX_SCALE + 1, position);
}

// Of two that are equal, the one with more places is the smaller where they are positive, as IEEE has it.
function comesBefore(a, b) {
    const order = compareDecimals(a, b) || (a.scale === b.scale ? 0 : a.scale > b.scale === a.coefficient >= 0n ? -1 : 1);
    return order < 0;
}

function sum(position, list) {
    let total = 0n;
    let scale = 0;
    for (let i = 0; i < list.length; i++) {
        charge(ADD_UNITS);
        if (!isDecimal(list[i])) mismatch('a Decimal', list[i], position);
        if (list[i].scale > scale) {
            total *= TENS[list[i].scale - scale];
            scale = list[i].scale;
        }
        total += list[i].coefficient * TENS[scale - list[i].scale];
    }
    return resultOf(rounded(total, scale));
}

const ADD_UNITS = units('add');

// As many digits as are given; of very many, the rest counts as one that is not zero, which rounds the same.
function decimalOf(_position, text) {
    if (!regexpTest(/^-?[0-9]+(\.[0-9]+)?$/, text)) return SYNTAX;
    const point = stringIndexOf(text, '.');
    const scale = point < 0 ? 0 : text.length - point - 1;
    const digits = stringReplace(stringReplace(text, '.', ''), /^-?0*/, '');
    const cutOff = max(digits.length - SOURCE_DIGITS, 0);
    if (scale - cutOff - MAX_SCALE > SOURCE_DIGITS) return ok(new Decimal(0n, MAX_SCALE));
    const rest = cutOff === 0 ? '' : regexpTest(/[1-9]/, stringSlice(digits, SOURCE_DIGITS)) ? '1' : '0';
    const coefficient = BigInt(stringSlice(digits, 0, SOURCE_DIGITS) + rest);
    return resultOf(rounded(text[0] === '-' ? -coefficient : coefficient, scale - cutOff + rest.length));
}

function toInt(_position, value) {
    const { coefficient, scale } = reduced(value);
    const number = Number(coefficient);
    return scale === 0 && isSafeInteger(number) ? some(number) : none;
}

const DECIMALS = {
    __proto__: null,
    of: decimalOf,
    fromInt: (_position, n) => new Decimal(BigInt(n), 0),
    add: (_position, a, b) => {
        const [left, right, scale] = aligned(a, b);
        return resultOf(rounded(left + right, scale));
    },
    subtract: (_position, a, b) => {
        const [left, right, scale] = aligned(a, b);
        return resultOf(rounded(left - right, scale));
    },
    multiply: (_position, a, b) => resultOf(rounded(a.coefficient * b.coefficient, a.scale + b.scale)),
    divide: (_position, a, b) => quotient(a, b),
    quantize: (position, value, scale) => {
        checkScale(scale, position);
        const decimal = atScale(value, scale);
        return digitCount(decimal.coefficient) > MAX_DIGITS ? OVERFLOW : ok(decimal);
    },
    round: (position, value, scale) => {
        checkScale(scale, position);
        return ok(scale < value.scale ? atScale(value, scale) : value);
    },
    toIntegral: (_position, value) => atScale(value, 0),
    reduce: (_position, value) => reduced(value),
    abs: (_position, value) => new Decimal(magnitude(value.coefficient), value.scale),
    negate: (_position, value) => new Decimal(-value.coefficient, value.scale),
    min: (_position, a, b) => (comesBefore(b, a) ? b : a),
    max: (_position, a, b) => (comesBefore(a, b) ? b : a),
    compare: (_position, a, b) => compareDecimals(a, b),
    sum,
    toText: (_position, value) => decimalText(value),
    scale: (_position, value) => value.scale,
    coefficient: (_position, value) => bigintText(value.coefficient),
    toInt,
};
