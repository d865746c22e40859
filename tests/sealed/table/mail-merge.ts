// A template with {names} filled from records; names that are not there stay, and are listed.
const fill = (template: string, record) => {
  const [first, ...pieces] = template.split("{");
  return pieces.reduce(
    ({ text, missing }, piece) => {
      const end = piece.indexOf("}");
      const name = piece.slice(0, end);
      const rest = piece.slice(end + 1);
      return name in record
        ? { text: `${text}${record[name]}${rest}`, missing }
        : { text: `${text}{${name}}${rest}`, missing: [...missing, name] };
    },
    { text: first, missing: [] },
  );
};

return input.people.map((person) => fill(input.template, person));
