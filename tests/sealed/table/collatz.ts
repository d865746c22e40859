// The longest chain below a bound; chains end at 1.
const length = (n: number, steps: number): number =>
  n === 1 ? steps : length(n % 2 === 0 ? n / 2 : 3 * n + 1, steps + 1);

return List.range(input).reduce(
  (best, at) => {
    const steps = length(at + 1, 1);
    return steps > best.steps ? { start: at + 1, steps } : best;
  },
  { start: 1, steps: 1 },
);
