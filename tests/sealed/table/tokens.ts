// A text into tokens: numbers, names and signs, each with its place. What is none of these ends it with an error.
type Token = { kind: "number" | "name" | "sign"; text: string; at: number };

const isIn = (from: string, to: string) => (char: string) => char >= from && char <= to;
const isDigit = isIn("0", "9");
const isLetter = isIn("a", "z");

const lengthOf = (text: string, at: number, holds: (char: string) => boolean) => {
  const end = (to: number) => (to < text.length && holds(text[to]) ? end(to + 1) : to);
  return end(at) - at;
};

const kinds = [
  { kind: "number", holds: isDigit },
  { kind: "name", holds: isLetter },
];

const tokens = (text: string, at: number, done: Token[]) => {
  if (at === text.length) return ok(done);
  if (text[at] === " ") return tokens(text, at + 1, done);
  if ("+-*/()=".includes(text[at])) return tokens(text, at + 1, [...done, { kind: "sign", text: text[at], at }]);
  const found = kinds.find(({ holds }) => holds(text[at]));
  if (!Option.isSome(found)) return err(`${text[at]} at ${at}`);
  const { kind, holds } = Option.getOr(found, kinds[0]);
  const length = lengthOf(text, at, holds);
  return tokens(text, at + length, [...done, { kind, text: text.slice(at, at + length), at }]);
};

return input.map((text: string) => tokens(text, 0, []));
