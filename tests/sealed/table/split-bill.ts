// A bill is split by shares so that the parts sum to it: whole cents first, then one more for the largest remainders.
type Share = { name: string; weight: number };

const weights = input.shares.reduce((sum: number, share: Share) => sum + share.weight, 0);
const parts = input.shares.map((share: Share) => ({
  name: share.name,
  cents: Int.div(input.cents * share.weight, weights),
  rest: Int.mod(input.cents * share.weight, weights),
}));
const missing = input.cents - parts.reduce((sum, part) => sum + part.cents, 0);
const luckiest = parts.toSorted((a, b) => b.rest - a.rest).slice(0, missing);

return parts.map((part) => ({ name: part.name, cents: luckiest.includes(part) ? part.cents + 1 : part.cents }));
