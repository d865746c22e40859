// The moves of a tower of discs, and a check that no disc ever lies on a smaller one.
const moves = (count: number, from: string, to: string, by: string): string[][] =>
  count === 0 ? [] : [...moves(count - 1, from, by, to), [from, to], ...moves(count - 1, by, to, from)];

const move = (pegs, [from, to]: string[]) => {
  const [disc, ...rest] = pegs[from];
  return { ...pegs, [from]: rest, [to]: List.unshift(pegs[to], disc) };
};
const inOrder = (discs: number[]) => discs.every((disc, at) => at === 0 || discs[at - 1] < disc);
const isLegal = (pegs) => Object.values(pegs).every(inOrder);

const start = { a: List.range(input), b: [], c: [] };
const played = moves(input, "a", "c", "b").reduce(
  ({ pegs, legal }, each) => {
    const next = move(pegs, each);
    return { pegs: next, legal: legal && isLegal(next) };
  },
  { pegs: start, legal: true },
);

return { ...played, count: moves(input, "a", "c", "b").length };
