// Strings are counted in UTF-16 units; a cut through the middle of a character ends the program.
const text: string = input.text;
const halves = (at: number) => ({ head: text.slice(0, at), tail: text.slice(at) });

log("units", text.length, "at 1", text.charCodeAt(1));

const { head, tail } = halves(input.cut);
return { head, tail, isWhole: head + tail === text, first: Text.fromCode(128_512) };
