// A binary search tree of records: inserted one by one, read in order, looked up.
const leaf = none;
const insert = (tree, value: number) =>
  match(tree, {
    none: () => some({ value, left: leaf, right: leaf }),
    some: (node) => {
      if (value === node.value) return tree;
      return value < node.value
        ? some({ ...node, left: insert(node.left, value) })
        : some({ ...node, right: insert(node.right, value) });
    },
  });

const inOrder = (tree): number[] =>
  match(tree, { none: () => [], some: ({ value, left, right }) => [...inOrder(left), value, ...inOrder(right)] });

const height = (tree): number =>
  match(tree, { none: () => 0, some: ({ left, right }) => 1 + Int.max(height(left), height(right)) });

const tree = input.reduce((grown, value: number) => insert(grown, value), leaf);
const mirrored = input.toReversed().reduce((grown, value: number) => insert(grown, value), leaf);

return { sorted: inOrder(tree), height: height(tree), isSame: tree === mirrored, tree };
