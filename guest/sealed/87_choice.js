// Option, Result, match and pipe.

const MATCH_CASE_UNITS = units('match_case');
const PIPELINE_CALL_UNITS = units('pipeline_call');

const OPTIONS = {
    __proto__: null,
    isSome: (_position, option) => option.isSome,
    getOr: (_position, option, other) => (option.isSome ? option.value : other),
    * map(position, option, callee) {
        return option.isSome ? some(yield callback(position, callee, option.value)) : none;
    },
    * andThen(position, option, callee) {
        return option.isSome ? checkKind(yield callback(position, callee, option.value), 'option', position) : none;
    },
};

const RESULTS = {
    __proto__: null,
    isOk: (_position, result) => result.isOk,
    getOr: (_position, result, other) => (result.isOk ? result.value : other),
    * map(position, result, callee) {
        return result.isOk ? ok(yield callback(position, callee, result.value)) : result;
    },
    * andThen(position, result, callee) {
        return result.isOk ? checkKind(yield callback(position, callee, result.value), 'result', position) : result;
    },
};

const CASES = { __proto__: null, option: ['some', 'none'], result: ['ok', 'err'] };

function* match(position, value, arms) {
    const names = CASES[kindOf(value)];
    if (!names) mismatch('an Option or a Result', value, position);
    checkArms(arms, names, position);
    charge(MATCH_CASE_UNITS);
    const arm = arms[names[value.isSome || value.isOk ? 0 : 1]];
    return yield value === none ? callback(position, arm) : callback(position, arm, value.value);
}

function checkArms(arms, names, position) {
    own(arms, names[0], position);
    own(arms, names[1], position);
    const given = byUnits(arms);
    for (let i = 0; i < given.length; i++) {
        if (given[i] !== names[0] && given[i] !== names[1]) noProperty(given[i], names, position);
    }
}

function* pipe(position, value, ...callees) {
    let result = value;
    for (let i = 0; i < callees.length; i++) {
        charge(PIPELINE_CALL_UNITS);
        result = yield new Tail(position, callees[i], [result]);
    }
    return result;
}
