// Titles into addresses: letters and digits stay, what is between them becomes one dash; equal ones are numbered.
const isKept = (char: string) => (char >= "a" && char <= "z") || (char >= "0" && char <= "9");

const slug = (title: string) =>
  title.lowerAscii().split("").map((char) => (isKept(char) ? char : " ")).join("")
    .split(" ")
    .filter((word) => word !== "")
    .join("-");

const numbered = ({ seen, slugs }, title: string) => {
  const base = slug(title);
  const count = Option.getOr(Dict.get(seen, base), 0) + 1;
  return { seen: Dict.set(seen, base, count), slugs: [...slugs, count === 1 ? base : `${base}-${count}`] };
};

return input.reduce(numbered, { seen: Dict.empty(), slugs: [] }).slugs;
