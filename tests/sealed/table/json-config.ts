// Settings from two JSON texts, the second over the first; what cannot be read or is no record is told.
const isSettings = (value) => typeof value === "object" && "version" in value;
const record = (text: string) =>
  Result.andThen(Json.parse(text), (value) => (isSettings(value) ? ok(value) : err("no version")));

const merged = (base, over) => ({ ...base, ...over, limits: { ...base.limits, ...over.limits } });

const read = ([base, over]: [string, string]) =>
  Result.andThen(record(base), (first) => Result.map(record(over), (second) => merged(first, second)));

return input.map((texts: [string, string]) =>
  match(read(texts), { ok: (settings) => Json.stringify(settings), err: (reason) => ({ reason }) }),
);
