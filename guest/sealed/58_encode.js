// Walks a value and joins what its parts are encoded to. It keeps its own stack: data may be nested 256 deep where a call
// is 256 deep, and the engine's stack has room for one of these.

// Text to be emitted when its turn comes, and how many levels end with it.
class Piece {
    constructor(text, levels) {
        this.text = text;
        this.levels = levels;
    }
}

const LEAVE = new Piece('', 1);

// `forms` has a function for each kind: it emits what comes first and says what is within. Ends the run at a function,
// beyond MAX_NESTING and beyond MAX_TEXT.
function encoded(forms, value, { position, code = 'UnencodableError', keysOf }) {
    const open = [value];
    const state = { open, parts: [], left: MAX_TEXT, depth: 0, position, code, keysOf };
    while (open.length) {
        const next = open[open.length - 1];
        open.length -= 1;
        if (next instanceof Piece) {
            emit(state, next.text);
            state.depth -= next.levels;
        } else forms[kindOf(next)](state, next);
    }
    return arrayJoin(state.parts, '');
}

function emit(state, text) {
    state.left -= text.length;
    if (state.left < 0) overCap('size of encoded data', MAX_TEXT, state.position);
    state.parts[state.parts.length] = text;
}

// The values and pieces that are a level deeper, in order, and what closes them.
function within(state, items, close = LEAVE) {
    const { open } = state;
    if (state.depth >= MAX_NESTING) overCap('nesting of data', MAX_NESTING, state.position);
    state.depth += 1;
    open[open.length] = close;
    for (let i = items.length - 1; i >= 0; i--) open[open.length] = items[i];
}

const unencodable = (state) => die(state.code, 'a function cannot be encoded', state.position);
