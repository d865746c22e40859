// A form is checked field by field; all problems are collected, not only the first.
const required = (text: string) => (text.trim() === "" ? [`is empty`] : []);
const atLeast = (length: number) => (text: string) => (text.length < length ? [`is shorter than ${length}`] : []);
const contains = (part: string) => (text: string) => (text.includes(part) ? [] : [`has no ${part}`]);
const whole = (text: string) => (Option.isSome(Int.parse(text)) ? [] : ["is no whole number"]);

const checks = {
  name: [required],
  mail: [required, contains("@"), contains(".")],
  password: [atLeast(8), contains("-")],
  age: [whole],
};

const problemsOf = (form) =>
  ["name", "mail", "password", "age"].flatMap((field) =>
    checks[field].flatMap((check) => check(form[field])).map((problem) => `${field} ${problem}`),
  );

return input.map((form) => {
  const problems = problemsOf(form);
  return problems.length === 0 ? ok({ ...form, name: form.name.trim() }) : err(problems);
});
