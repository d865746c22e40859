// Words that are made of the same letters, together; the letters in order are the key of a Dict.
const letters = (word: string) => word.split("").toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));

const groups = input.reduce((dict, word: string) => {
  const key = letters(word);
  return Dict.set(dict, key, [...Option.getOr(Dict.get(dict, key), []), word]);
}, Dict.empty());

return Dict.values(groups)
  .filter((words) => words.length > 1)
  .toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
