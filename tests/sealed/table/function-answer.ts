// A function has no form outside of the program: it cannot be part of the answer, however deep it is in it.
type Column = { name: string; format: (cents: number) => string };

const euros = (cents: number) => `${Int.div(cents, 100)},${Int.toText(Int.mod(cents, 100)).padStart(2, "0")}`;
const columns: Column[] = [{ name: "price", format: euros }];
const cells = columns.map(({ name, format }) => ({ name, text: format(input.cents) }));

log(cells);
return input.withFormats ? { cells, columns: some(columns) } : { cells };
