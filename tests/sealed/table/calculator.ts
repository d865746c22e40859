// Sums and products of integers with parentheses, by recursive descent. A parser takes tokens, gives [value, the rest].
const sums = { "+": (a: number, b: number) => a + b, "-": (a: number, b: number) => a - b };
const products = { "*": (a: number, b: number) => a * b, "/": (a: number, b: number) => a / b };

const lexed = (text: string) =>
  [..."+-*/()".split("")]
    .reduce((spaced, sign) => spaced.replaceAll(sign, ` ${sign} `), text)
    .split(" ")
    .filter((part) => part !== "");

const chain = ([left, tokens], operators, operand) => {
  if (tokens.length === 0 || !(tokens[0] in operators)) return [left, tokens];
  const [sign, ...others] = tokens;
  const [right, rest] = operand(others);
  return chain([operators[sign](left, right), rest], operators, operand);
};

const primary = ([first, ...rest]: string[]) => {
  if (first !== "(") return [Option.getOr(Int.parse(first), 0), rest];
  const [value, after] = sum(rest);
  return [value, after.slice(1)];
};
const product = (tokens: string[]) => chain(primary(tokens), products, primary);
const sum = (tokens: string[]) => chain(product(tokens), sums, product);

return input.map((text: string) => sum(lexed(text))[0]);
