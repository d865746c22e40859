// Runs of equal characters as count and character, and back again.
const encode = (text: string) =>
  text.split("").reduce((runs, char) => {
    const last = runs.length - 1;
    return last >= 0 && runs[last].char === char
      ? runs.with(last, { char, count: runs[last].count + 1 })
      : List.push(runs, { char, count: 1 });
  }, []);

const decode = (runs) => runs.map(({ char, count }) => char.repeat(count)).join("");
const written = (runs) => runs.map(({ char, count }) => (count === 1 ? char : `${count}${char}`)).join("");

return input.map((text: string) => ({ written: written(encode(text)), isBack: decode(encode(text)) === text }));
