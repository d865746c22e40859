// Yearly interest in exact decimals until a goal is reached, with no more than 100 years.
const value = (result) => Result.getOr(result, Decimal.fromInt(0));
const factor = value(Decimal.add(Decimal.fromInt(1), value(Decimal.of(input.rate))));
const goal = value(Decimal.of(input.goal));

const grow = (balance, year: number) => {
  if (balance >= goal) return some({ year, balance, digits: Decimal.coefficient(balance).length });
  if (year === 100) return none;
  return grow(value(Decimal.multiply(balance, factor)), year + 1);
};

return match(grow(value(Decimal.of(input.start)), 0), {
  some: ({ year, balance, digits }) => ({ year, balance, rounded: Decimal.round(balance, 2), digits }),
  none: () => "never",
});
