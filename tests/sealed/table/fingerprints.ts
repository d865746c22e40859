// CBOR and FNV-1a of values: equal values have equal ones, whatever the order in which they were written.
const fingerprint = (value) => `${cbor(value)} ${fnv1a64(value)}`;
const decimal = (text: string) => Result.getOr(Decimal.of(text), none);

return {
  numbers: [0, 23, 24, -1, 65_536].map((n) => cbor(n)),
  record: fingerprint({ bb: 1, a: 2 }),
  isSame: fnv1a64({ a: 2, bb: 1 }) === fnv1a64({ bb: 1, a: 2 }),
  decimals: [cbor(decimal("1.50")), cbor(decimal("1.5"))],
  wrapped: cbor([none, some(1), ok(true), err("x")]),
  input: fingerprint(input),
};
