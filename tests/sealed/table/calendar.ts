// Days between dates and the day of the week, by counting days since 1970 in integers.
type Day = { year: number; month: number; day: number };

const plain = (digits: string): string =>
  digits.length > 1 && digits.startsWith("0") ? plain(digits.slice(1)) : digits;

const parsed = (text: string): Day => {
  const [year, month, day] = text.split("-").map((part) => Option.getOr(Int.parse(plain(part)), 0));
  return { year, month, day };
};

const days = ({ year, month, day }: Day) => {
  const y = month > 2 ? year : year - 1;
  const shifted = month > 2 ? month - 3 : month + 9;
  return 365 * y + Int.div(y, 4) - Int.div(y, 100) + Int.div(y, 400) + Int.div(153 * shifted + 2, 5) + day - 719_469;
};

const names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const weekday = (text: string) => names[Int.mod(days(parsed(text)), 7)];

return input.map(([from, to]: [string, string]) => ({
  days: days(parsed(to)) - days(parsed(from)),
  on: `${weekday(from)} to ${weekday(to)}`,
}));
