// Texts rounded to a number of places, ties to the even digit; what is no number keeps its reason.
type Request = { text: string; places: number };

const rounded = ({ text, places }: Request) =>
  match(Decimal.of(text), {
    ok: (value) => Result.map(Decimal.round(value, places), (result) => Decimal.toText(result)),
    err: (reason) => err(`${text}: ${reason}`),
  });

const results = input.map(rounded);
return { results, refused: results.filter((result) => !Result.isOk(result)).length };
