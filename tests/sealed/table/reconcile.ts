// Bank lines against ledger lines with the same reference and amount; what is left over on either side.
type Line = { ref: string; cents: number };

const count = (lines: Line[]) =>
  lines.reduce((counts, line) => Dict.set(counts, line, Option.getOr(Dict.get(counts, line), 0) + 1), Dict.empty());

const without = (counts, others) =>
  Dict.entries(counts).flatMap(([line, times]) => {
    const left = times - Option.getOr(Dict.get(others, line), 0);
    return left > 0 ? [{ ...line, times: left }] : [];
  });

const bank = count(input.bank);
const ledger = count(input.ledger);
const byRef = (a: Line, b: Line) => (a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : a.cents - b.cents);

return {
  onlyBank: without(bank, ledger).toSorted(byRef),
  onlyLedger: without(ledger, bank).toSorted(byRef),
};
