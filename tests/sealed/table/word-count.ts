// How often words occur, the most frequent first and equal ones by the alphabet.
const letters = (text: string) =>
  ".,;:!?\"()".split("").reduce((rest, sign) => rest.replaceAll(sign, " "), text.lowerAscii());

const words = letters(input).split(" ").filter((word) => word !== "");
const count = (dict, word: string) => Dict.set(dict, word, Option.getOr(Dict.get(dict, word), 0) + 1);
const counts = words.reduce(count, Dict.empty());

const ranked = Dict.entries(counts).toSorted(([a, m], [b, n]) => (m !== n ? n - m : a < b ? -1 : 1));
const top = ranked.slice(0, 3).map(([word, times]) => `${word} ${times}`);

return { words: words.length, distinct: Dict.size(counts), top };
