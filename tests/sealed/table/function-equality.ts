// Two functions are equal when they are the same code and what they captured is equal; so are values with them in.
const adder = (n: number) => (m: number) => n + m;
const same = (n: number) => (m: number) => n + m;
const tagged = (tag: { name: string }) => () => tag.name;
const countdown = (n: number) => {
  const self = (m: number): number => (m === 0 ? n : self(m - 1));
  return self;
};

return {
  equalCaptures: adder(2) === adder(2),
  otherCaptures: adder(2) === adder(3),
  otherPlace: adder(2) === same(2),
  recordsCaptured: tagged({ name: "a" }) === tagged({ name: "a" }),
  selfReference: [countdown(3) === countdown(3), countdown(3) === countdown(4)],
  inData: { f: [adder(input)] } === { f: [adder(input)] },
  isIn: [adder(1), adder(2)].indexOf(adder(2)),
  kinds: [typeof adder, typeof adder(1)(1)],
};
