// Stock by [shelf, article]: deliveries add, orders take what is there and report what is missing.
type Line = { shelf: string; article: number; count: number };

const stock = input.delivered.reduce((dict, { shelf, article, count }: Line) => {
  const key = { shelf, article };
  return Dict.set(dict, key, Option.getOr(Dict.get(dict, key), 0) + count);
}, Dict.empty());

const take = ({ stock, missing }, { shelf, article, count }: Line) => {
  const key = { article, shelf };
  const there = Option.getOr(Dict.get(stock, key), 0);
  const taken = Int.min(there, count);
  return {
    stock: there === taken ? Dict.remove(stock, key) : Dict.set(stock, key, there - taken),
    missing: taken < count ? [...missing, { ...key, count: count - taken }] : missing,
  };
};

return input.ordered.reduce(take, { stock, missing: [] });
