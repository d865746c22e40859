// Both arms must be there, and no other: a match with a misnamed arm ends the program, whichever would be taken.
type User = { id: number; name: string };

const users: User[] = [{ id: 1, name: "Ada" }, { id: 2, name: "Bob" }];
const find = (id: number) => users.find((user) => user.id === id);
const careful = (id: number) => match(find(id), { some: ({ name }) => name, none: () => "nobody" });
const careless = (id: number) => match(find(id), { some: ({ name }) => name, nothing: () => "nobody" });

return input.careful ? careful(input.id) : careless(input.id);
