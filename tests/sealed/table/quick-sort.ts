// By a pivot and two filters, beside the built-in sort; both agree.
const sorted = (list: number[]): number[] => {
  if (list.length < 2) return list;
  const [pivot, ...others] = list;
  return [...sorted(others.filter((n) => n < pivot)), pivot, ...sorted(others.filter((n) => n >= pivot))];
};

const ours = sorted(input);
return { ours, agrees: ours === input.toSorted((a: number, b: number) => a - b) };
