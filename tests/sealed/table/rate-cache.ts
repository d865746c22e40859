// The same question is asked once: answers go along in a Dict.
const rate = async (known, pair: [string, string]) => {
  if (Dict.has(known, pair)) return known;
  const [base, quote] = pair;
  return Dict.set(known, pair, await effects.rate({ base, quote }));
};

const learn = async (known, pairs) => {
  if (pairs.length === 0) return known;
  const [first, ...rest] = pairs;
  const more = await rate(known, first);
  return await learn(more, rest);
};

const known = await learn(Dict.empty(), input);
return { asked: Dict.size(known), rates: input.map((pair) => Option.getOr(Dict.get(known, pair), 0)) };
