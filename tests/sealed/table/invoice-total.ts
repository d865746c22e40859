// An invoice with prices and quantities as decimal texts: lines rounded to cents, then tax on the sum of each rate.
const decimal = (text: string) => Result.getOr(Decimal.of(text), Decimal.fromInt(0));
const plus = (a, b) => Result.getOr(Decimal.add(a, b), a);
const times = (a, b) => Result.getOr(Decimal.multiply(a, b), a);
const cents = (d) => Result.getOr(Decimal.round(d, 2), d);
const total = (list) => Result.getOr(Decimal.sum(list), Decimal.fromInt(0));

const net = ({ price, quantity }) => cents(times(decimal(price), decimal(quantity)));

const byRate = input.lines.reduce((sums, line) => {
  const rate = decimal(line.tax);
  return Dict.set(sums, rate, plus(Option.getOr(Dict.get(sums, rate), Decimal.fromInt(0)), net(line)));
}, Dict.empty());

const taxes = Dict.entries(byRate).map(([rate, sum]) => ({ rate, net: sum, tax: cents(times(sum, rate)) }));
const netTotal = total(taxes.map((each) => each.net));
const taxTotal = total(taxes.map((each) => each.tax));
const gross = plus(netTotal, taxTotal);

return { taxes, netTotal, taxTotal, gross, isPaid: decimal(input.paid) === gross };
