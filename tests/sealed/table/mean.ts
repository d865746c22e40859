// An average that is no integer is an error of `/`, not a rounded number; Int.div and Decimal say what is meant.
const count = input.length;
const sum = input.reduce((a: number, b: number) => a + b, 0);

const floored = Int.div(sum, count);
const exact = Decimal.divide(Decimal.fromInt(sum), Decimal.fromInt(count));
log("floor", floored, "exact", exact);

return sum / count;
