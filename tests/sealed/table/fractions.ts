// Exact sums of fractions [numerator, denominator], reduced; and back to text.
type Fraction = [number, number];

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const reduced = ([n, d]: Fraction): Fraction => {
  const common = gcd(Int.abs(n), d);
  return [n / common, d / common];
};
const plus = ([a, b]: Fraction, [c, d]: Fraction) => reduced([a * d + c * b, b * d]);
const text = ([n, d]: Fraction) => (d === 1 ? `${n}` : `${n}/${d}`);

const total = (fractions: Fraction[]) => fractions.reduce(plus, [0, 1]);
const harmonic = (count: number) => total(List.range(count).map((n) => [1, n + 1]));

return { sums: input.map((list: Fraction[]) => text(total(list))), harmonic: text(harmonic(20)) };
