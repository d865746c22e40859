// Every order of some letters, sorted, without repetitions; and whether each is as long as there are letters.
const without = (list: string[], at: number) => list.toSpliced(at, 1);
const orders = (list: string[]): string[] =>
  list.length === 0
    ? [""]
    : list.flatMap((first, at) => orders(without(list, at)).map((rest) => `${first}${rest}`));

const sorted = orders(input.split("")).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const distinct = sorted.filter((word, at) => at === 0 || sorted[at - 1] !== word);

return { all: sorted.length, distinct, isComplete: distinct.every((word) => word.length === input.length) };
