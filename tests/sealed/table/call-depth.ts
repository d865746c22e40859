// The call that ends the program is a tail call and takes no depth; 256 more within it are what there is room for. With
// the sum so far as an argument there is no such limit.
const sum = (n: number): number => (n === 0 ? 0 : n + sum(n - 1));
const total = (n: number, soFar: number): number => (n === 0 ? soFar : total(n - 1, soFar + n));

const far = total(1_000, 0);
log("a thousand", far, "as a closed form", far === (1_000 * 1_001) / 2);

return sum(input);
