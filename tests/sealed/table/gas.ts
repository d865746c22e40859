// A search that takes as long as it takes: the limit is the caller's, and running out of gas is an answer.
const divisors = (n: number) =>
  List.range(n)
    .slice(1)
    .filter((d) => n % d === 0);

const isPerfect = (n: number) => divisors(n).reduce((a, b) => a + b, 0) === n;
const next = (n: number): number => (isPerfect(n) ? n : next(n + 1));

return next(input);
