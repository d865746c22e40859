// Trial division by the primes found so far, and the factors of the numbers that were asked about.
const isPrime = (n: number, known: number[]) => known.every((p) => p * p > n || n % p !== 0);
const primes = List.range(input.below).slice(2).reduce(
  (known: number[], n) => (isPrime(n, known) ? List.push(known, n) : known),
  [],
);

const factors = (n: number, [p, ...rest]: number[], found: number[]) => {
  if (n === 1) return found;
  if (n % p === 0) return factors(n / p, [p, ...rest], List.push(found, p));
  return p * p > n || rest.length === 0 ? List.push(found, n) : factors(n, rest, found);
};

return {
  count: primes.length,
  last: primes[primes.length - 1],
  factors: input.factor.map((n: number) => factors(n, primes, [])),
};
