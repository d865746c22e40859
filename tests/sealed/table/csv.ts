// Lines of CSV with quoted fields, character by character; the state is the fields so far and whether a quote is open.
const step = ({ fields, field, isQuoted, last }, char: string) => {
  if (char === '"') {
    const reopened = !isQuoted && last === '"';
    return { fields, field: reopened ? field + '"' : field, isQuoted: !isQuoted, last: char };
  }
  if (char === "," && !isQuoted) return { fields: [...fields, field], field: "", isQuoted, last: char };
  return { fields, field: field + char, isQuoted, last: char };
};

const fieldsOf = (line: string): string[] => {
  const { fields, field } = line.split("").reduce(step, { fields: [], field: "", isQuoted: false, last: "" });
  return [...fields, field];
};

const [head, ...lines] = input.split("\n").filter((line) => line.trim() !== "").map(fieldsOf);
return lines.map((fields) => Object.fromEntries(head.map((name, at) => [name, fields[at]])));
