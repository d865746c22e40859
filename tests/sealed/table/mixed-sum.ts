// A number and a text are not added; a template says what is meant, and nothing is converted without being asked for.
type Item = { label: string; count: number | string };

const asTemplate = ({ label, count }: Item) => `${label}: ${count}`;
const asSum = ({ label, count }: Item) => label + ": " + count;

log(input.map(asTemplate).join("; "));

return input.map(asSum);
