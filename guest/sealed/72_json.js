// JSON out: RFC 8785, or with the keys of records in the order of keys, which is how a sealed answer is written. What JSON
// has no form for becomes: a Decimal its canonical text, an Option its value or null, a Result {"ok"} or {"err"}, a Dict
// an array of pairs.

const stringifyJson = (position, value) => writtenJson(value, byUnits, position);
const sealedJson = (value) => writtenJson(value, sortedKeys, 0);

const byUnits = (record) => arraySort(keys(record));

const writtenJson = (value, keysOf, position) => encoded(JSON_FORMS, value, { position, keysOf });

const COMMA = new Piece(',', 0);
const END_OF_LIST = new Piece(']', 1);
const END_OF_RECORD = new Piece('}', 1);

function jsonList(state, list) {
    const items = [];
    for (let i = 0; i < list.length; i++) arrayPush(items, i ? COMMA : EMPTY, list[i]);
    emit(state, '[');
    within(state, items, END_OF_LIST);
}

const EMPTY = new Piece('', 0);

function jsonFields(state, names, record) {
    const items = [];
    for (let i = 0; i < names.length; i++) {
        arrayPush(items, new Piece(`${i ? ',' : ''}${quote(names[i])}:`, 0), record[names[i]]);
    }
    emit(state, '{');
    within(state, items, END_OF_RECORD);
}

const JSON_FORMS = {
    __proto__: null,
    int: (state, value) => emit(state, `${value}`),
    boolean: (state, value) => emit(state, `${value}`),
    null: (state) => emit(state, 'null'),
    string: (state, value) => emit(state, quote(value)),
    array: jsonList,
    record: (state, value) => jsonFields(state, state.keysOf(value), value),
    decimal: (state, value) => emit(state, `"${decimalText(value)}"`),
    option: (state, value) => {
        if (value.isSome) arrayPush(state.open, value.value);
        else emit(state, 'null');
    },
    result: (state, { isOk, value }) => jsonFields(state, [isOk ? 'ok' : 'err'], { ok: value, err: value }),
    dict: (state, value) => jsonList(state, entriesOf(value)),
    function: unencodable,
};
