// An annuity: interest on what is left, rounded to cents, and the rest of the rate pays back. The last one is smaller.
type Row = { month: number; interest: string; paid: string; left: string };

const value = (result) => Result.getOr(result, Decimal.fromInt(-1));
const decimal = (text: string) => value(Decimal.of(text));
const monthly = value(Decimal.divide(decimal(input.yearly), Decimal.fromInt(12)));
const annuity = decimal(input.annuity);

const schedule = (left, rows: Row[]): Row[] => {
  if (left <= Decimal.fromInt(0)) return rows;
  const interest = value(Decimal.round(value(Decimal.multiply(left, monthly)), 2));
  const owed = value(Decimal.add(left, interest));
  const paid = Decimal.min(annuity, owed);
  const rest = value(Decimal.subtract(owed, paid));
  const row = {
    month: rows.length + 1,
    interest: Decimal.toText(interest),
    paid: Decimal.toText(paid),
    left: Decimal.toText(rest),
  };
  return schedule(rest, [...rows, row]);
};

return schedule(decimal(input.principal), []);
