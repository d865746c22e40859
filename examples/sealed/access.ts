// Who may do what, by rules that are data. Run it with
// belljar run --sealed examples/sealed/access.ts --input '[{"role": "guest", "action": "doc.write"}]'
type Rule = { effect: "allow" | "deny"; actions: string[]; roles: string[] };
type Request = { role: string; action: string };

const rules: Rule[] = [
  { effect: "allow", actions: ["doc.read"], roles: ["*"] },
  { effect: "allow", actions: ["doc.*", "team.read"], roles: ["editor"] },
  { effect: "deny", actions: ["doc.delete"], roles: ["editor", "guest"] },
];

const covers = (pattern: string, name: string) =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, pattern.length - 1)) : pattern === name;

const holds = ({ role, action }: Request) => (rule: Rule) =>
  rule.roles.some((pattern) => covers(pattern, role)) && rule.actions.some((pattern) => covers(pattern, action));

const decide = (request: Request) => {
  const found = rules.filter(holds(request));
  const denying = found.find(({ effect }) => effect === "deny");
  if (Option.isSome(denying)) return { ...request, allowed: false, by: denying };
  return { ...request, allowed: found.length > 0, by: found.length > 0 ? some(found[0]) : none };
};

return input.map(decide);
