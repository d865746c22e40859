// Payments one after another within a budget, each an effect that may need somebody's approval. Run it with
// belljar run --sealed examples/sealed/payments.ts -t examples/approvals.py --input '{"budget": 9000, "due": [["Ada", 900], ["Bob", 8500], ["Cyd", 100]]}'
type Due = [to: string, cents: number];
type Books = { left: number; paid: string[]; putOff: string[] };

const pay = async (due: Due[], { left, paid, putOff }: Books): Books => {
  if (due.length === 0) return { left, paid, putOff };
  const [[to, cents], ...rest] = due;
  if (cents > left) return await pay(rest, { left, paid, putOff: [...putOff, to] });
  const receipt = await effects.pay({ to, cents });
  return await pay(rest, { left: left - cents, paid: [...paid, receipt], putOff });
};

return await pay(input.due, { left: input.budget, paid: [], putOff: [] });
