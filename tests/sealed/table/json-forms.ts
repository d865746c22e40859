// The same value as JSON in the order of keys of RFC 8785, as the answer itself, and read back.
const price = Result.getOr(Decimal.of("10.50"), none);
const value = {
  zeta: 1,
  alpha: [true, JsonNull, "\u00e9\n\u{1f600}"],
  price,
  found: some({ id: 7 }),
  missing: none,
  good: ok(1),
  bad: err("late"),
  counts: Dict.of([["a", 1], ["b", 2]]),
  "": input,
};
const text = Json.stringify(value);

return {
  text,
  value,
  isStable: Result.map(Json.parse(text), (read) => Json.stringify(read) === text),
  isSame: Result.getOr(Json.parse(text), none) === value,
};
