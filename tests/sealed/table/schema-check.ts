// A value against a schema of its own form: every place that does not fit, with its path.
const kindOf = (value) => {
  if (value === JsonNull) return "null";
  return typeof value === "object" ? "object" : typeof value;
};

const problems = (schema, value, path: string): string[] => {
  if (typeof schema === "string") {
    return kindOf(value) === schema ? [] : [`${path}: ${schema}, not ${kindOf(value)}`];
  }
  if ("each" in schema) return value.flatMap((item, at) => problems(schema.each, item, `${path}[${at}]`));
  return Object.entries(schema)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, inner]) => {
      const place = `${path}.${key}`;
      return key in value ? problems(inner, value[key], place) : [`${place}: missing`];
    });
};

const person = { name: "string", age: "number", tags: { each: "string" }, address: { city: "string", zip: "string" } };
return input.map((value) => problems(person, value, "$"));
