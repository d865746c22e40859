// Deposits and withdrawals: the balance after each, the lowest one, and where the account first was overdrawn.
const balances = input.reduce((all: number[], change: number) => List.push(all, all[all.length - 1] + change), [0]);
const [opening, ...after] = balances;

return {
  after,
  lowest: after.reduce((low, balance) => Int.min(low, balance), opening),
  overdrawn: balances.findIndex((balance) => balance < 0),
  changes: List.shift(balances).map((balance, at) => balance - balances[at]) === input,
};
