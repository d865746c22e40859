// An answer with a fraction is none of the language's values: the program ends at the effect that gave it.
type Reading = { sensor: string; values: number[] };

const read = async (sensor: string): Reading => {
  const values = await effects.measure({ sensor });
  return { sensor, values };
};

const { sensor, values } = await read(input);
const highest = values.reduce((a, b) => Int.max(a, b), values[0]);
const lowest = values.reduce((a, b) => Int.min(a, b), values[0]);

return { sensor, highest, spread: highest - lowest };
