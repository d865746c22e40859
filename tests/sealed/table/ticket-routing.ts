// The first rule that holds names the queue; words are looked for without regard to case.
type Ticket = { subject: string; plan: "free" | "team" | "enterprise"; language: string };
type Rule = { queue: string; holds: (ticket: Ticket) => boolean };

const mentions = (...words: string[]) => (ticket: Ticket) =>
  words.some((word) => ticket.subject.lowerAscii().includes(word));

const rules: Rule[] = [
  { queue: "security", holds: mentions("breach", "leak", "cve-") },
  { queue: "priority", holds: ({ plan }) => plan === "enterprise" },
  { queue: "billing", holds: mentions("invoice", "refund", "charge") },
  { queue: "translation", holds: ({ language }) => !["en", "de"].includes(language) },
];

const route = (ticket: Ticket) =>
  match(rules.find((rule) => rule.holds(ticket)), { some: (rule) => rule.queue, none: () => "general" });

return input.map(route);
