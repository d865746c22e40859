// Whether a user has a feature: the first four hex digits of a hash of both, as a share of 65,536.
const hexDigit = (char: string) => "0123456789abcdef".indexOf(char);
const bucket = (feature: string, user: string) =>
  sha256(`${feature}/${user}`).slice(0, 4).split("").reduce((sum, char) => sum * 16 + hexDigit(char), 0);

const has = (user: string) => ([feature, percent]: [string, number]) =>
  bucket(feature, user) * 100 < percent * 65_536;

const featuresOf = (user: string) => Object.entries(input.features).filter(has(user)).map(([name]) => name);
const byName = (a: string, b: string) => (a < b ? -1 : 1);

return Object.fromEntries(input.users.map((user: string) => [user, featuresOf(user).toSorted(byName)]));
