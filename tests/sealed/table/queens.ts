// All ways to put queens on a board so that none attacks another; a placement is the column of each row.
const isSafe = (placed: number[], column: number) =>
  placed.every((other, row) => other !== column && Int.abs(other - column) !== placed.length - row);

const solutions = (size: number, placed: number[]): number[][] =>
  placed.length === size
    ? [placed]
    : List.range(size)
        .filter((column) => isSafe(placed, column))
        .flatMap((column) => solutions(size, [...placed, column]));

const found = solutions(input, []);
const drawn = (placed: number[]) => placed.map((column) => `${".".repeat(column)}Q${".".repeat(input - column - 1)}`);

return { count: found.length, first: found.length === 0 ? none : some(drawn(found[0])) };
