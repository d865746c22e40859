// Tasks in an order in which each comes after what it needs; a cycle is reported with the tasks that are in it.
const order = (left, done: string[]) => {
  const names = Object.keys(left).toSorted((a, b) => (a < b ? -1 : 1));
  if (names.length === 0) return ok(done);
  const ready = names.filter((name) => left[name].every((need: string) => done.includes(need)));
  if (ready.length === 0) return err(names);
  const rest = Object.fromEntries(names.filter((name) => !ready.includes(name)).map((name) => [name, left[name]]));
  return order(rest, done.concat(ready));
};

return input.map((tasks) => order(tasks, []));
