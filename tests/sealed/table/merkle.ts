// The root of a tree of hashes over some texts, and the proof that one of them is in it.
type Side = { isLeft: boolean; hash: string };

const parent = (left: string, right: string) => sha256(left + right);
const level = (hashes: string[]): string[] =>
  List.range(Int.div(hashes.length + 1, 2)).map((at) =>
    2 * at + 1 < hashes.length ? parent(hashes[2 * at], hashes[2 * at + 1]) : hashes[2 * at],
  );

const root = (hashes: string[]): string => (hashes.length === 1 ? hashes[0] : root(level(hashes)));

const proof = (hashes: string[], at: number, sides: Side[]): Side[] => {
  if (hashes.length === 1) return sides;
  const other = at % 2 === 0 ? at + 1 : at - 1;
  const more = other < hashes.length ? List.push(sides, { isLeft: other < at, hash: hashes[other] }) : sides;
  return proof(level(hashes), Int.div(at, 2), more);
};

const follow = (hash: string, { isLeft, hash: other }: Side) => (isLeft ? parent(other, hash) : parent(hash, other));

const hashes = input.texts.map((text: string) => sha256(text));
const sides = proof(hashes, input.at, []);
return { root: root(hashes), steps: sides.length, holds: sides.reduce(follow, hashes[input.at]) === root(hashes) };
