// 18! is the last one within the safe integers; the next product ends the program. Decimals go further.
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

const times = (product, k: number) => Result.andThen(product, (d) => Decimal.multiply(d, Decimal.fromInt(k + 1)));
const large = (n: number) => List.range(n).reduce(times, ok(Decimal.fromInt(1)));

log(`${input}! in decimal`, large(input), "and of 40", large(40));

return factorial(input);
