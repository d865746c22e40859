// Living cells as the keys of a Dict: generations of a pattern on a board without edges.
type Cell = [number, number];

const around = ([x, y]: Cell): Cell[] =>
  [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [x + dx, y + dy])).filter((cell) => cell !== [x, y]);

const count = (dict, cell: Cell) => Dict.set(dict, cell, Option.getOr(Dict.get(dict, cell), 0) + 1);
const counts = (cells: Cell[]) => cells.flatMap(around).reduce(count, Dict.empty());

const next = (living) =>
  Dict.of(
    Dict.entries(counts(Dict.keys(living)))
      .filter(([cell, count]) => count === 3 || (count === 2 && Dict.has(living, cell)))
      .map(([cell]) => [cell, true]),
  );

const generation = (n: number, living) => (n === 0 ? living : generation(n - 1, next(living)));
const start = Dict.of(input.cells.map((cell: Cell) => [cell, true]));
const end = generation(input.generations, start);

return Dict.keys(end).toSorted(([a, b], [c, d]) => (a !== c ? a - c : b - d));
