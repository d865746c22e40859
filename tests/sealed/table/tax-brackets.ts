// Income tax in cents: each bracket taxes what lies between its floor and the next one's, in per mille.
type Bracket = { floor: number; rate: number };

const brackets: Bracket[] = [
  { floor: 0, rate: 0 },
  { floor: 1_160_400, rate: 140 },
  { floor: 1_700_500, rate: 240 },
  { floor: 6_676_000, rate: 420 },
];

const taxOf = (income: number, [bracket, ...rest]: Bracket[]): number => {
  const ceiling = rest.length === 0 ? income : Int.min(income, rest[0].floor);
  if (ceiling <= bracket.floor) return 0;
  const here = Int.div((ceiling - bracket.floor) * bracket.rate, 1000);
  return rest.length === 0 ? here : here + taxOf(income, rest);
};

return input.incomes.map((income: number) => {
  const tax = taxOf(income, brackets);
  return { income, tax, net: income - tax };
});
