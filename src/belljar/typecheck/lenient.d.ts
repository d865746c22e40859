// In the module of the declarations: the tools as the facade takes calls of them, which is more than is declared.
// Arguments by position; null or undefined for any value (whether one is there is data); lists for tuples; for a text,
// whatever has a `toJSON`, such as a date. BelljarArguments in a message tells that it is about a call of a tool.

type BelljarPlain = string | number | boolean | bigint | null | undefined | readonly any[] | Uint8Array;

type BelljarText<T> = string extends T ? { toJSON(key?: any): any } : never;

type BelljarLenient<T> = 0 extends 1 & T
  ? T
  : T extends string | number | boolean | bigint | null | undefined | Uint8Array
    ? T | BelljarText<T> | null | undefined
    : T extends readonly (infer E)[]
      ? readonly BelljarLenient<E>[] | null | undefined
      : { [K in keyof T]: BelljarLenient<T[K]> } | null | undefined;

type BelljarSole<T> = { [K in keyof T]-?: [keyof T] extends [K] ? BelljarLenient<T[K]> : never }[keyof T];

type BelljarNamed<A extends any[]> = A extends []
  ? [nothing?: Record<string, never>]
  : { [I in keyof A]: BelljarLenient<A[I]> };

type BelljarArguments<A extends any[]> =
  | BelljarNamed<A>
  | [plain: BelljarPlain]
  | [first: any, second: any, ...rest: any[]]
  | [sole: BelljarSole<NonNullable<A[0]>>];

type BelljarTools<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: BelljarArguments<A>) => R
    : BelljarTools<T[K]>;
};

const tools: BelljarTools<typeof belljarDeclared>;
