// Discounts are functions of a cart, applied in order; each that changes the price leaves its name.
type Cart = { cents: number; items: number; member: boolean; applied: string[] };

const named = (name: string, applies: (cart: Cart) => boolean, price: (cents: number) => number) => (cart: Cart) =>
  applies(cart) ? { ...cart, cents: price(cart.cents), applied: [...cart.applied, name] } : cart;

const percent = (off: number) => (cents: number) => Int.div(cents * (100 - off), 100);

const rules = [
  named("ten items", ({ items }) => items >= 10, percent(5)),
  named("member", ({ member }) => member, percent(10)),
  named("over 100", ({ cents }) => cents > 10_000, (cents) => cents - 500),
];

return input.map((cart) => rules.reduce((now, rule) => rule(now), { ...cart, applied: [] }));
