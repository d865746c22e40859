// A function has no order among keys, so no Dict takes one; as a value it is welcome.
type Handler = (n: number) => number;

const double: Handler = (n) => n * 2;
const handlers = Dict.of([["double", double], ["half", (n: number) => Int.div(n, 2)]]);
const calls = (name: string, n: number) => Option.map(Dict.get(handlers, name), (handler) => handler(n));

log(Dict.keys(handlers), calls("half", 7));

return input.asKey ? Dict.size(Dict.set(handlers, [double], true)) : [calls("double", 4), calls("triple", 4)];
