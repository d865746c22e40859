// Too few arguments are an error, like too many: no parameter is left out silently. A rest parameter takes all.
type Size = { width: number; height: number };

const area = (width: number, height: number) => width * height;
const largest = (first: number, ...others: number[]) => others.reduce((a, b) => Int.max(a, b), first);
const areas = (sizes: Size[]) => sizes.map(({ width, height }) => area(width, height));

log(areas([{ width: 2, height: 3 }]), largest(7));

return { largest: largest(1, 5, 3), squares: input.map((size: number) => (size > 9 ? area(size) : area(size, size))) };
