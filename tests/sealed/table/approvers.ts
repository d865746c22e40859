// People are asked one after another until somebody says no or the sum is covered; nobody is asked without need.
type Answer = { name: string; yes: boolean; covers: number };

const ask = async (people: string[], left: number, answers: Answer[]) => {
  if (left <= 0) return { decision: "approved", answers };
  if (people.length === 0) return { decision: "not covered", left, answers };
  const [name, ...rest] = people;
  const answer = await effects.approve({ name, cents: left });
  const all = List.push(answers, { name, ...answer });
  return answer.yes ? await ask(rest, left - answer.covers, all) : { decision: "refused", answers: all };
};

const { decision, answers } = await ask(input.people, input.cents, []);
log(decision, answers.length);
return { decision, asked: answers.map(({ name }) => name) };
