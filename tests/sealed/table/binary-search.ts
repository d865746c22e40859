// Where a value is in a sorted list, or where it would go; the count of comparisons goes along.
type Found = { at: number; found: boolean; looks: number };

const search = (list: number[], wanted: number, low: number, high: number, looks: number): Found => {
  if (low === high) return { at: low, found: false, looks };
  const middle = Int.div(low + high, 2);
  if (list[middle] === wanted) return { at: middle, found: true, looks: looks + 1 };
  return list[middle] < wanted
    ? search(list, wanted, middle + 1, high, looks + 1)
    : search(list, wanted, low, middle, looks + 1);
};

const squares = List.range(100).map((n) => n * n);
return input.map((wanted: number) => search(squares, wanted, 0, squares.length, 0));
