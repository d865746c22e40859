// A record of handlers in which one entry is data: calling that ends the program.
const handlers = {
  add: (a: number, b: number) => a + b,
  largest: (a: number, b: number) => Int.max(a, b),
  version: 3,
};

const isHandler = (name: string) => typeof handlers[name] === "function";
const handled = (names: string[]) => names.map((name) => handlers[name](20, 22));

return { handled: handled(input), known: Object.keys(handlers).filter(isHandler).toSorted((a, b) => (a < b ? -1 : 1)) };
