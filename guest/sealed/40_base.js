// What the sealed runtime takes from the engine besides the shared primordials, how an error ends the run, and the caps
// on data. Everything of this folder is one function body with the shared part of the prelude; the build puts GAS, the
// units of each row of gas.json by its id, in front of it.
//
// A position P is line * 65536 + column, from 1, in UTF-16 units; 0 is nowhere. All that a program computes goes through
// the functions here, none of which looks at a prototype that a program could change.

const { BigInt, Int32Array } = globalThis;
const { max } = Math;
const { MAX_SAFE_INTEGER, isSafeInteger } = Number;
const { fromCharCode, fromCodePoint } = String;
const { encodeURIComponent, unescape } = globalThis;
const charCodeAt = bindCall(String.prototype.charCodeAt);
const stringEndsWith = bindCall(String.prototype.endsWith);
const stringIndexOf = bindCall(String.prototype.indexOf);
const stringPadEnd = bindCall(String.prototype.padEnd);
const stringPadStart = bindCall(String.prototype.padStart);
const stringRepeat = bindCall(String.prototype.repeat);
const stringReplace = bindCall(String.prototype.replace);
const stringReplaceAll = bindCall(String.prototype.replaceAll);
const stringStartsWith = bindCall(String.prototype.startsWith);
const stringSubstring = bindCall(String.prototype.substring);
const toLowerCase = bindCall(String.prototype.toLowerCase);
const toUpperCase = bindCall(String.prototype.toUpperCase);
const arrayConcat = bindCall(Array.prototype.concat);
const arraySlice = bindCall(Array.prototype.slice);
const arraySort = bindCall(Array.prototype.sort);
const arrayToReversed = bindCall(Array.prototype.toReversed);
const arrayToSpliced = bindCall(Array.prototype.toSpliced);
const arrayWith = bindCall(Array.prototype.with);
const bigintText = bindCall(BigInt.prototype.toString);
const isPrototypeOf = bindCall(Object.prototype.isPrototypeOf);
const numberText = bindCall(Number.prototype.toString);
const regexpExec = bindCall(RegExp.prototype.exec);
const regexpTest = bindCall(RegExp.prototype.test);
const setAdd = bindCall(Set.prototype.add);
const setHas = bindCall(Set.prototype.has);

const MAX_TEXT = 1048576;    // units of a string, and bytes of an encoding
const MAX_ENTRIES = 100000;  // of an array, a record or a Dict
const MAX_NESTING = 256;     // of data that is encoded
const MAX_DEPTH = 256;       // of calls that are no tail calls

// Ends the run: nothing in the language catches it.
function die(code, message, position, details = {}) {
    throw codedError(code, message, { details }, position);
}

function mismatch(expected, given, position) {
    return die('TypeMismatchError', `${expected} was expected, not ${NOUNS[kindOf(given)]}`, position,
        { expected, given: kindOf(given) });
}

function overCap(limit, max, position) {
    return die('LimitError', `${limit} is limited to ${max}`, position, { limit, max });
}

// A text that a built-in or operator made: capped before it is made where it could be large, whole afterwards.
function capText(units, position) {
    if (units > MAX_TEXT) overCap('string length', MAX_TEXT, position);
}

function capEntries(count, position) {
    if (count > MAX_ENTRIES) overCap('number of entries', MAX_ENTRIES, position);
}

function whole(text, position) {
    if (!isWellFormed(text)) die('InvalidStringError', 'the string has half a surrogate pair', position);
    return text;
}

function outOfRange(index, length, position) {
    return die('IndexOutOfRangeError', `index ${index} is not in 0..${length - 1}`, position, { index, length });
}
