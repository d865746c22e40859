// In the sealed profile there is no `api`: what it would do is among the effects. The operator's settings come by
// getConfig, and are a part of what the run was given.

type Item = { cents: number; count: number };
type Order = { items: Item[]; isMember: boolean };

const subtotal = (items: Item[]): number => items.reduce((sum, item) => sum + item.cents * item.count, 0);

const percentOff = (cents: number, percent: number): number => Int.div(cents * percent + 50, 100);

export const price = async (order: Order) => {
  const rule = await effects.getConfig({ name: "discount" });
  const sum = subtotal(order.items);
  const isLarge = sum >= rule.fromCents;
  const percent = (isLarge ? rule.percent : 0) + (order.isMember ? rule.memberPercent : 0);
  const off = percentOff(sum, Int.min(percent, 100));
  return { sum, off, total: sum - off };
};
