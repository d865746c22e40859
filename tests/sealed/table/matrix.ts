// Products and powers of square matrices; the powers by squaring.
type Matrix = number[][];

const column = (m: Matrix, at: number) => m.map((row) => row[at]);
const dot = (a: number[], b: number[]) => a.reduce((sum, x, at) => sum + x * b[at], 0);
const multiply = (a: Matrix, b: Matrix): Matrix => a.map((row) => b[0].map((_, at) => dot(row, column(b, at))));
const identity = (size: number): Matrix =>
  List.range(size).map((row) => List.range(size).map((at) => (row === at ? 1 : 0)));

const power = (m: Matrix, exponent: number, result: Matrix): Matrix => {
  if (exponent === 0) return result;
  const rest = Int.div(exponent, 2);
  return power(multiply(m, m), rest, exponent % 2 === 1 ? multiply(result, m) : result);
};
const transposed = (m: Matrix): Matrix => m[0].map((_, at) => column(m, at));

return {
  power: power(input.matrix, input.exponent, identity(input.matrix.length)),
  isSymmetric: transposed(input.matrix) === input.matrix,
};
