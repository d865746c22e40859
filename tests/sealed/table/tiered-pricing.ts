// Volume pricing: the first units at the first tier's price, the next at the next one's.
type Tier = { upTo: number; cents: number };

const tiers: Tier[] = [
  { upTo: 1_000, cents: 0 },
  { upTo: 10_000, cents: 4 },
  { upTo: 100_000, cents: 3 },
  { upTo: 9_007_199_254_740_991, cents: 2 },
];

const priced = (units: number) =>
  tiers.reduce(
    ({ from, parts }, { upTo, cents }) => {
      const count = Int.max(0, Int.min(units, upTo) - from);
      const part = { count, cents, price: count * cents };
      return { from: upTo, parts: count === 0 ? parts : [...parts, part] };
    },
    { from: 0, parts: [] },
  ).parts;

return input.map((units: number) => {
  const parts = priced(units);
  return { units, parts: parts.length, price: parts.reduce((sum, part) => sum + part.price, 0) };
});
