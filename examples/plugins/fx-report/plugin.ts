// The amounts of an invoice in the currencies that the operator chose. The host adds the key of the rates' service to
// the request; this script never sees it.

type Line = { text: string; cents: number };
type Invoice = { number: string; lines: Line[] };

const SCHEMA = {
  type: "object",
  required: ["number", "lines"],
  properties: {
    number: { type: "string", maxLength: 40 },
    lines: {
      type: "array",
      items: {
        type: "object",
        required: ["text", "cents"],
        properties: { text: { type: "string" }, cents: { type: "integer" } },
      },
    },
  },
};

export async function report(api: any, invoice: Invoice) {
  const { valid, problems } = await api.validateInput(invoice, SCHEMA);
  if (!valid) throw new Error(`the invoice is none: ${problems[0].path} ${problems[0].message}`);

  const base: string = await api.getConfig("base");
  const currencies: string[] = await api.getConfig("currencies");
  const rates = await ratesOf(api, base);
  const cents = invoice.lines.reduce((sum, line) => sum + line.cents, 0);

  const totals: Record<string, number> = {};
  for (const currency of currencies) {
    if (!(currency in rates)) api.log("warn", "no rate", { currency });
    else totals[currency] = Math.round(cents * rates[currency]);
  }
  await api.metrics.emit("fx.reports", 1);
  return { invoice: invoice.number, base, cents, totals };
}

async function ratesOf(api: any, base: string): Promise<Record<string, number>> {
  const service: string = await api.getConfig("service");
  const answer = await tools.http({ url: `${service}/latest?base=${encodeURIComponent(base)}` });
  if (!answer.ok) throw new Error(`the rates' service says ${answer.status}`);
  return JSON.parse(answer.body).rates;
}
