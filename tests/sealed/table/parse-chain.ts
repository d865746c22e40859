// Texts like "12:45" into minutes: each step may fail, and the first failure is the answer.
const part = (text: string, name: string, below: number) =>
  match(Int.parse(text.length === 2 && text.startsWith("0") ? text.slice(1) : text), {
    some: (n) => (n >= 0 && n < below ? ok(n) : err(`${name} ${n} is not below ${below}`)),
    none: () => err(`${name} is no number`),
  });

const minutes = (text: string) => {
  const parts = text.split(":");
  if (parts.length !== 2) return err("not hh:mm");
  return Result.andThen(part(parts[0], "hour", 24), (hour) =>
    Result.map(part(parts[1], "minute", 60), (minute) => hour * 60 + minute),
  );
};

return input.map((text: string) => minutes(text));
