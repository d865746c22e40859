// A callback takes the item, or the item and its index; one of three parameters is refused before any call.
type Weight = (item: number, index: number, all: number[]) => number;

const weighted: Weight = (item, index, all) => item * (all.length - index);
const byHand = (list: number[]) => list.map((item, index) => weighted(item, index, list));

log("by hand", byHand(input));

return input.map(weighted);
