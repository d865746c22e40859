// Numbers to Roman numerals and back, over a table of values.
type Numeral = [number, string];

const values: Numeral[] = [
  [1000, "M"], [900, "CM"], [500, "D"], [400, "CD"], [100, "C"], [90, "XC"],
  [50, "L"], [40, "XL"], [10, "X"], [9, "IX"], [5, "V"], [4, "IV"], [1, "I"],
];

const toRoman = (n: number) =>
  values.reduce(({ left, text }, [value, letters]) => {
    const count = Int.div(left, value);
    return { left: left - count * value, text: text + letters.repeat(count) };
  }, { left: n, text: "" }).text;

const fromRoman = (text: string): number =>
  text === "" ? 0 : match(values.find(([_, letters]) => text.startsWith(letters)), {
    some: ([value, letters]) => value + fromRoman(text.slice(letters.length)),
    none: () => 0,
  });

return input.map((n: number) => ({ roman: toRoman(n), back: fromRoman(toRoman(n)) === n }));
