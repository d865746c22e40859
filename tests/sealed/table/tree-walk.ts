// A tree of folders: sizes summed up, the deepest path, and the names of what is larger than a limit.
type Node = { name: string; size: number; children: Node[] };

const sizeOf = (node: Node): number => node.children.reduce((sum, child) => sum + sizeOf(child), node.size);
const depthOf = (node: Node): number => 1 + node.children.map(depthOf).reduce((a, b) => Int.max(a, b), 0);
const paths = (node: Node, prefix: string): string[] => {
  const here = `${prefix}/${node.name}`;
  return [here, ...node.children.flatMap((child) => paths(child, here))];
};
const all = (node: Node): Node[] => [node, ...node.children.flatMap(all)];

return {
  size: sizeOf(input.tree),
  depth: depthOf(input.tree),
  paths: paths(input.tree, ""),
  large: all(input.tree).filter((node) => sizeOf(node) > input.limit).map(({ name }) => name),
};
