// Changes at a path within records: set, remove, and a function applied; what is not there is made.
type Path = string[];

const child = (record, key: string) => (key in record ? record[key] : {});
const update = (record, [key, ...rest]: Path, change) =>
  rest.length === 0
    ? { ...record, [key]: change(key in record ? some(record[key]) : none) }
    : { ...record, [key]: update(child(record, key), rest, change) };

const remove = (record, wanted: string) =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== wanted));

const { name: _, ...nameless } = input;
const counted = update(input, ["visits", "home"], (count) => Option.getOr(count, 0) + 1);

return {
  counted,
  nested: update(counted, ["a", "b", "c"], (_) => "new"),
  isUntouched: "visits" in input,
  removed: remove(input, "name") === nameless,
};
