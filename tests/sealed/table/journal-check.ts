// A journal entry is accepted when it has lines, none of them negative, and when debits equal credits.
interface Line {
  account: string;
  debit: number;
  credit: number;
}

const total = (lines: Line[], side: "debit" | "credit") => lines.reduce((sum, line) => sum + line[side], 0);

const notEmpty = (lines: Line[]) => (lines.length === 0 ? err("the entry has no lines") : ok(lines));

const notNegative = (lines: Line[]) =>
  match(lines.find((line) => line.debit < 0 || line.credit < 0), {
    some: (line) => err(`${line.account} has a negative side`),
    none: () => ok(lines),
  });

const balanced = (lines: Line[]) => {
  const difference = total(lines, "debit") - total(lines, "credit");
  return difference === 0 ? ok(total(lines, "debit")) : err(`debits exceed credits by ${difference}`);
};

const check = (lines: Line[]) => Result.andThen(Result.andThen(notEmpty(lines), notNegative), balanced);

return input.map(check);
