// What a value can be. Integers, booleans, strings and arrays are the engine's; a record is an object without prototype;
// the rest are objects of the classes here, whose kind is on their prototype, where no key of a record can be.
// A program has no operation that writes to a value: that, and not Object.freeze, is what makes values immutable.
// (On QuickJS a small frozen array takes four times as long to make.)

const kinded = (kind) => class {
    static { defineProperty(this.prototype, 'kind', { value: kind }); }
};

// A Decimal is coefficient * 10 ** -scale; zero is never negative.
class Decimal extends kinded('decimal') {
    constructor(coefficient, scale) {
        super();
        this.coefficient = coefficient;
        this.scale = scale;
    }
}

class Option extends kinded('option') {
    constructor(isSome, value) {
        super();
        this.isSome = isSome;
        this.value = value;
    }
}

class Result extends kinded('result') {
    constructor(isOk, value) {
        super();
        this.isOk = isOk;
        this.value = value;
    }
}

// `orders` are the keys as texts whose order is the order of keys; the three lists go together, sorted.
class Dict extends kinded('dict') {
    constructor(orders, names, values) {
        super();
        this.orders = orders;
        this.names = names;
        this.values = values;
    }
}

// `code` is its place in the source, `env` gives what it captured of the functions around it, or is null.
class Closure extends kinded('function') {
    constructor(code, arity, hasRest, run, env) {
        super();
        this.code = code;
        this.arity = arity;
        this.hasRest = hasRest;
        this.run = run;
        this.env = env;
    }
}

class Null extends kinded('null') {}
class Unset extends kinded('unset') {}

// A call that its caller is to make: what a tail call gives instead of a value.
class Tail {
    constructor(position, callee, args) {
        this.position = position;
        this.callee = callee;
        this.args = args;
    }
}

const JsonNull = freeze(new Null());
const none = freeze(new Option(false, undefined));
const some = (value) => new Option(true, value);
const ok = (value) => new Result(true, value);
const err = (value) => new Result(false, value);
const U = freeze(new Unset());    // a name whose declaration has not been executed

const NOUNS = {
    __proto__: null, int: 'an integer', boolean: 'a boolean', string: 'a string', array: 'an array', record: 'a record',
    decimal: 'a Decimal', option: 'an Option', result: 'a Result', dict: 'a Dict', function: 'a function', null: 'JsonNull',
};
const PRIMITIVES = { __proto__: null, number: 'int', string: 'string', boolean: 'boolean' };

function kindOf(value) {
    if (typeof value !== 'object') return PRIMITIVES[typeof value];
    if (isArray(value)) return 'array';
    return getPrototypeOf(value) === null ? 'record' : value.kind;
}

function checkKind(value, kind, position) {
    return kindOf(value) === kind ? value : mismatch(NOUNS[kind], value, position);
}

const isRecord = (value) => typeof value === 'object' && getPrototypeOf(value) === null;
const isDecimal = (value) => value instanceof Decimal;
const isDict = (value) => value instanceof Dict;
const isFunction = (value) => value instanceof Closure;

const TYPES = { __proto__: null, number: 'number', string: 'string', boolean: 'boolean' };

function type(value) {
    return TYPES[typeof value] ?? (isFunction(value) ? 'function' : 'object');
}
