// Functions made of functions: composed, curried, repeated, and a pipeline of them.
type Change = (n: number) => number;

const compose = (...changes: Change[]): Change => (n) => changes.reduce((value, change) => change(value), n);
const add = (a: number) => (b: number) => a + b;
const scale = (a: number) => (b: number) => a * b;
const twice = (change: Change) => compose(change, change);
const times = (count: number, change: Change): Change => (n) =>
  List.range(count).reduce((value, _) => change(value), n);

const sequence = compose(add(1), scale(3), twice(twice(add(10))), times(4, scale(2)));
const piped = (n: number) => pipe(n, add(1), scale(3), twice(twice(add(10))), times(4, scale(2)));

return { values: input.map(piped), agrees: input.map(piped) === input.map(sequence), isEmpty: compose()(7) === 7 };
