// Payments in several currencies, converted at rates that an effect gives in millionths, one after another.
type Payment = { cents: number; currency: string };

const convert = async ({ cents, currency }: Payment) => {
  if (currency === input.target) return cents;
  const { millionths } = await effects.rate({ base: currency, quote: input.target });
  return Int.div(cents * millionths + 500_000, 1_000_000);
};

const convertAll = async (payments: Payment[], done: number[]) => {
  if (payments.length === 0) return done;
  const cents = await convert(payments[0]);
  return await convertAll(payments.slice(1), List.push(done, cents));
};

const converted = await convertAll(input.payments, []);
return { converted, total: converted.reduce((sum, cents) => sum + cents, 0) };
