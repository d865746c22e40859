// Keys of every kind in one Dict: it iterates by kind, then hash, then bytes, whatever the order of their coming.
const decimal = Result.getOr(Decimal.of("1.50"), Decimal.fromInt(0));
const entries = [
  ["text", 1],
  [7, 2],
  [true, 3],
  [[1, 2], 4],
  [{ b: 1, a: 2 }, 5],
  [decimal, 6],
  [some("x"), 7],
  [none, 8],
  [ok(1), 9],
  [JsonNull, 10],
  [Dict.of([["k", "v"]]), 11],
  ["", 12],
  [-1, 13],
];

const forwards = Dict.of(entries);
const backwards = Dict.of(entries.toReversed());

return {
  isSame: forwards === backwards,
  values: Dict.values(forwards),
  byAnotherForm: Dict.get(forwards, Result.getOr(Decimal.of("1.5"), none)),
  without: Dict.size([none, "", 7].reduce((dict, key) => Dict.remove(dict, key), forwards)),
};
