// Card numbers by Luhn and account numbers (IBAN) by the remainder 97, digit by digit so that no integer grows large.
const digits = (text: string) =>
  text.split("").flatMap((char) => match(Int.parse(char), { some: (n) => [n], none: () => [] }));

const doubled = (n: number) => (n > 4 ? n * 2 - 9 : n * 2);
const isCard = (text: string) =>
  digits(text).toReversed().reduce((sum, n, at) => sum + (at % 2 === 1 ? doubled(n) : n), 0) % 10 === 0;

const valueOf = (char: string) => Option.getOr(Int.parse(char), char.charCodeAt(0) - 55);
const isAccount = (text: string) => {
  const plain = text.replaceAll(" ", "");
  const turned = plain.slice(4) + plain.slice(0, 4);
  return turned.split("").reduce((rest, char) => {
    const value = valueOf(char);
    return (rest * (value > 9 ? 100 : 10) + value) % 97;
  }, 0) === 1;
};

return { cards: input.cards.map(isCard), accounts: input.accounts.map(isAccount) };
