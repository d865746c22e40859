// A request is allowed when a rule allows it and none denies it; actions may end in a star.
type Rule = { effect: "allow" | "deny"; actions: string[]; roles: string[] };
type Request = { role: string; action: string };

const covers = (pattern: string, action: string) =>
  pattern.endsWith("*") ? action.startsWith(pattern.slice(0, pattern.length - 1)) : pattern === action;

const matches = (rule: Rule, { role, action }: Request) =>
  (rule.roles.includes(role) || rule.roles.includes("*")) && rule.actions.some((pattern) => covers(pattern, action));

const decide = (request: Request) => {
  const effectsOf = input.rules.filter((rule: Rule) => matches(rule, request)).map((rule: Rule) => rule.effect);
  if (effectsOf.includes("deny")) return "denied by a rule";
  return effectsOf.includes("allow") ? "allowed" : "denied: no rule";
};

return input.requests.map(decide);
