// Waits that double up to a cap, until the deadline would be passed.
type Plan = { first: number; cap: number; deadline: number };

const waits = (wait: number, elapsed: number, { cap, deadline, first }: Plan, done: number[]) => {
  const next = Int.min(wait, cap);
  return elapsed + next > deadline
    ? { waits: done, unused: deadline - elapsed }
    : waits(next * 2, elapsed + next, { first, cap, deadline }, List.push(done, next));
};

return input.map((plan: Plan) => waits(plan.first, 0, plan, []));
