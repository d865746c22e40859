// What can be reached in a directed graph, with the number of steps; breadth first, each place once.
type Graph = { [place: string]: string[] };

const walk = (graph: Graph, queue: string[], steps) => {
  if (queue.length === 0) return steps;
  const [place, ...rest] = queue;
  const away = Option.getOr(Dict.get(steps, place), 0) + 1;
  const fresh = (place in graph ? graph[place] : []).filter((next) => !Dict.has(steps, next));
  return walk(graph, [...rest, ...fresh], fresh.reduce((known, next) => Dict.set(known, next, away), steps));
};

const steps = walk(input.graph, [input.from], Dict.of([[input.from, 0]]));
return Dict.entries(steps).toSorted(([a, m], [b, n]) => (m !== n ? m - n : a < b ? -1 : 1));
