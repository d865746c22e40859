// Meetings as [start, end): those that overlap merged, and the free times of a day between them.
type Interval = [number, number];

const merge = (merged: Interval[], [start, end]: Interval): Interval[] => {
  if (merged.length === 0) return [[start, end]];
  const last = merged.length - 1;
  const [from, to] = merged[last];
  return start <= to ? merged.with(last, [from, Int.max(to, end)]) : [...merged, [start, end]];
};

const busy = input.meetings.toSorted(([a], [b]) => a - b).reduce(merge, []);
const edges = [input.day[0], ...busy.flatMap((each) => each), input.day[1]];
const gaps = List.range(edges.length / 2).map((at) => [edges[2 * at], edges[2 * at + 1]]);
const free = gaps.filter(([from, to]) => from < to);

return { busy, free, longest: free.reduce((best, [from, to]) => Int.max(best, to - from), 0) };
