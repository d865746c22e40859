// A function may name what comes after it; whether it is called too early depends on the input here.
type Quote = { count: number; cents: number };

const price = (count: number): Quote => ({ count, cents: count * unit - discount(count) });
const early = input.early ? price(2).cents : 0;

const unit = 25;
const discount = (count: number) => (count >= 10 ? unit : 0);

return { early, quotes: [price(3), price(10)] };
