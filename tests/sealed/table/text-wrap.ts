// Words into lines of at most a width, numbered, with the numbers right-aligned.
const wrap = (width: number) => ({ lines, line }, word: string) => {
  if (line === "") return { lines, line: word };
  const longer = `${line} ${word}`;
  return longer.length <= width ? { lines, line: longer } : { lines: [...lines, line], line: word };
};

const { lines, line } = input.text.split(" ").reduce(wrap(input.width), { lines: [], line: "" });
return List.push(lines, line).map((text, at) => `${Int.toText(at + 8).padStart(3)}: ${text.padEnd(input.width, ".")}|`);
