// From a user to the mail address of the manager's deputy: every step may lead nowhere.
type User = { id: number; mail: string; manager: number; deputy: number };

const users = Dict.of(input.users.map((user: User) => [user.id, user]));
const user = (id: number) => Dict.get(users, id);

const contact = (id: number) =>
  Option.map(
    Option.andThen(Option.andThen(user(id), ({ manager }) => user(manager)), ({ deputy }) => user(deputy)),
    ({ mail }) => mail,
  );

return input.asked.map((id: number) => ({ id, mail: contact(id), isKnown: Option.isSome(user(id)) }));
