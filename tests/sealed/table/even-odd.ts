// Two functions that call each other as tail calls; the depth is no matter. Negative numbers are turned around first.
type Answer = { n: number; is: "even" | "odd" };

const even = (n: number): boolean => (n === 0 ? true : odd(n - 1));
const odd = (n: number): boolean => (n === 0 ? false : even(n - 1));

const asked = (n: number): Answer => ({ n, is: even(Int.abs(n)) ? "even" : "odd" });

return input.map(asked);
