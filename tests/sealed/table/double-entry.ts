// A posting moves an amount from one account to another; every account's balance, and whether all of them sum to zero.
type Posting = { from: string; to: string; cents: number };

const move = (books, account: string, cents: number) =>
  Dict.set(books, account, Option.getOr(Dict.get(books, account), 0) + cents);

const post = (books, { from, to, cents }: Posting) => move(move(books, from, -cents), to, cents);

const postings = input as Posting[];
const books = postings.reduce(post, Dict.empty());
const sum = Dict.values(books).reduce((total: number, cents: number) => total + cents, 0);

return { balances: Object.fromEntries(Dict.entries(books)), isBalanced: sum === 0 };
