// Ways to climb stairs of 1, 2 or 3 steps, with a Dict of what is known that goes in and comes out.
const ways = (n: number, known) => {
  if (n < 0) return [0, known];
  if (n === 0) return [1, known];
  return match(Dict.get(known, n), {
    some: (count) => [count, known],
    none: () => {
      const [one, first] = ways(n - 1, known);
      const [two, second] = ways(n - 2, first);
      const [three, third] = ways(n - 3, second);
      return [one + two + three, Dict.set(third, n, one + two + three)];
    },
  });
};

const [count, known] = ways(input, Dict.empty());
return { count, remembered: Dict.size(known), before: Dict.get(known, input - 1) };
