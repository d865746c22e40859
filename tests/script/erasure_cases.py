"""TypeScript and what is left of it, position by position: each case is a name, a source and its JavaScript.

Every pair was compared with the output of TypeScript 5.9 when it was written down: same program, other layout.
"""

from __future__ import annotations

from typing import Final

ERASED: Final = {
    "a variable's type": (
        "let x: number = 1;",
        "let x         = 1;",
    ),
    "a type over several lines keeps them": (
        "let x: {\n  a: string;\n  b: number;\n} = y;",
        "let x   \n            \n            \n  = y;",
    ),
    "an array and a tuple type": (
        "const a: string[] = [], b: [x: number, y?: string] = [1];",
        "const a           = [], b                          = [1];",
    ),
    "a function type": (
        "let f: (a: string, b?: number) => void = g;",
        "let f                                  = g;",
    ),
    "a definite assignment": (
        "let x!: number;",
        "let x         ;",
    ),
    "parameters and the result": (
        "function f(a: string, b?: number, ...c: boolean[]): void {}",
        "function f(a        , b         , ...c           )       {}",
    ),
    "a default value stays": (
        "function f(a: number = 1, { b }: { b: string } = { b: '' }) {}",
        "function f(a         = 1, { b }                = { b: '' }) {}",
    ),
    "a this parameter": (
        "function f(this: Date, a: string) {}",
        "function f(            a        ) {}",
    ),
    "a lone this parameter": (
        "function f(this: Date) {}",
        "function f(          ) {}",
    ),
    "a this parameter with a comment": (
        "function f(this: Date /* self */ , a) {}",
        "function f(                        a) {}",
    ),
    "type parameters": (
        "function f<T extends object, K extends keyof T = keyof T>(a: T, b: K): T[K] { return a[b] }",
        "function f                                               (a   , b   )       { return a[b] }",
    ),
    "a generator's types": (
        "function* g<T>(a: T): Generator<T> { yield a }",
        "function* g   (a   )               { yield a }",
    ),
    "type arguments of a call": (
        "f<string>(1); new Map<string, number[]>(); a?.b<T>();",
        "f        (1); new Map                  (); a?.b   ();",
    ),
    "an assertion": (
        "f(x as string, y as const, z as unknown as T);",
        "f(x          , y         , z                );",
    ),
    "satisfies": (
        "const a = { b: 1 } satisfies Record<string, number>;",
        "const a = { b: 1 }                                 ;",
    ),
    "a qualified name after satisfies": (
        "const f = () => { g() satisfies core.$Type; };",
        "const f = () => { g()                     ; };",
    ),
    "an assertion in brackets": (
        "<string>x;",
        "        x;",
    ),
    "an assertion on an object stays an expression": (
        "const f = () => <T>{ a: 1 };",
        "const f = () => (  { a: 1 });",
    ),
    "an assertion on a function stays an expression": (
        "<any>function () {};",
        "(    function () {});",
    ),
    "a non-null assertion": (
        "a!.b![0]!();",
        "a .b [0] ();",
    ),
    "a non-null assignment": (
        "a.b! = c!;",
        "a.b  = c ;",
    ),
    "an interface": (
        "interface A<T> extends B { (x: T): void; readonly [k: string]: T }\nf();",
        "                                                                  \nf();",
    ),
    "a type alias": (
        "type A<T> = T extends (infer U)[] ? U : never;\nf();",
        "                                              \nf();",
    ),
    "a type alias without a semicolon": (
        "type A = 'x' | 'y'\nf();",
        "                  \nf();",
    ),
    "ambient declarations": (
        "declare const a: number;\ndeclare function f(x: T): void;\ndeclare class C { x: T }\ndeclare let b: any, c: any;",  # noqa: E501
        "                        \n                               \n                        \n                           ",  # noqa: E501
    ),
    "an ambient module": (
        "declare module 'x' { export const a: number }\ndeclare global { interface W {} }",
        "                                             \n                                 ",
    ),
    "an ambient namespace and an ambient enum": (
        "declare namespace N { const a: number }\ndeclare enum E { A }",
        "                                       \n                    ",
    ),
    "overloads": (
        "function f(a: string): void;\nfunction f(a: number): void;\nfunction f(a: any) {}",
        "                            \n                            \nfunction f(a     ) {}",
    ),
    "an arrow function": (
        "const f = (a: number, b?: string): number => a;",
        "const f = (a        , b         )         => a;",
    ),
    "an async generic arrow function": (
        "const f = async <T,>(a: T): Promise<T> => a;",
        "const f = async     (a   )             => a;",
    ),
    "a type predicate": (
        "const f = (x: unknown): x is string => typeof x === 'string';",
        "const f = (x         )              => typeof x === 'string';",
    ),
    "an assertion predicate": (
        "function f(x: unknown): asserts x is string {}\nfunction g(x: unknown): asserts x {}",
        "function f(x         )                      {}\nfunction g(x         )            {}",
    ),
    "a result over several lines moves the parenthesis": (
        "const f = (a: number): {\n  b: string;\n} => g(a);",
        "const f = (a            \n            \n) => g(a);",
    ),
    "a result on its own line moves the parenthesis": (
        "const f = (a)\n  : number => a;",
        "const f = (a \n         ) => a;",
    ),
    "type parameters over several lines move the parenthesis": (
        "const f = async <\n  T,\n>(a: T) => a;",
        "const f = async (\n    \n  a   ) => a;",
    ),
    "type parameters on the line before move the parenthesis": (
        "return <T>\n  (a: T) => a;",
        "return (  \n   a   ) => a;",
    ),
    "an assertion over several lines becomes parentheses": (
        "return <\n  T\n>x;",
        "return (\n   \n x);",
    ),
    "a cast before a parenthesis": (
        "const a = b as any\n(c);",
        "const a = b ;     \n(c);",
    ),
    "two casts before a parenthesis": (
        "a = b as any as T\n(c)",
        "a = b ;      ;   \n(c)",
    ),
    "a cast before a plus goes on": (
        "a = b as any\n+ c;",
        "a = b       \n+ c;",
    ),
    "a type alias between expressions": (
        "a = b\ntype T = string\n(c)",
        "a = b\n;              \n(c)",
    ),
    "an interface between expressions": (
        "a = b\ninterface T { x: 1 }\n[c].d()",
        "a = b\n;                   \n[c].d()",
    ),
    "a type alias after a semicolon": (
        "a = b;\ntype T = string;\n(c)",
        "a = b;\n                \n(c)",
    ),
    "a type alias before a word": (
        "a = b\ntype T = string\nc()",
        "a = b\n               \nc()",
    ),
    "comments around an erased statement": (
        "a = b // c\ntype T = string // d\n/* e */ (f)",
        "a = b // c\n;                   \n/* e */ (f)",
    ),
    "a variable without a value before a parenthesis": (
        "let a: string\n(b);",
        "let a        \n(b);",
    ),
    "class modifiers": (
        "class A { private a = 1; protected static b = 2; public readonly c = 3; override d() {} }",
        "class A {         a = 1;           static b = 2;                 c = 3;          d() {} }",
    ),
    "class fields": (
        "class A { a: number; b?: string; c!: T; readonly d: T = 1; static e: T; #f: number = 2; 'g': T; 3: T }",
        "class A { a        ; b         ; c    ;          d    = 1; static e   ; #f         = 2; 'g'   ; 3    }",
    ),
    "a declared field": (
        "class A { declare a: string; b = 1 }",
        "class A {                  ; b = 1 }",
    ),
    "an index signature": (
        "class A { [key: string]: any; a = 1 }",
        "class A {                   ; a = 1 }",
    ),
    "implements": (
        "class A<T> extends B<T> implements C<T>, D {}",
        "class A    extends B                       {}",
    ),
    "an abstract class": (
        "abstract class A { abstract a: T; abstract b(): void; protected abstract get c(): T; d() {} }",
        "         class A {              ;                   ;                              ; d() {} }",
    ),
    "method overloads": (
        "class A { a(x: string): void; a(x: number): void; a(x: any) {} }",
        "class A {                   ;                   ; a(x     ) {} }",
    ),
    "an optional method": (
        "class A { a?(): void {} }",
        "class A { a ()       {} }",
    ),
    "accessors": (
        "class A { get a(): number { return 1 } set a(value: number) {} }",
        "class A { get a()         { return 1 } set a(value        ) {} }",
    ),
    "a generic method": (
        "class A { async *a<T>(b: T): AsyncGenerator<T> {} static c<T>() {} }",
        "class A { async *a   (b   )                    {} static c   () {} }",
    ),
    "a constructor": (
        "class A { constructor(a: number, b?: string) {} constructor(a: any); }",
        "class A { constructor(a        , b         ) {}                    ; }",
    ),
    "a modifier before a computed name": (
        "class A { a = b\n  private [c] = 1 }",
        "class A { a = b\n  ;       [c] = 1 }",
    ),
    "a modifier before a generator": (
        "class A { a = b\n  public *c() {} }",
        "class A { a = b\n  ;      *c() {} }",
    ),
    "a modifier before the name in": (
        "class A { a = b\n  public in = 1 }",
        "class A { a = b\n  ;      in = 1 }",
    ),
    "a field named get": (
        "class A { get: string\n  foo() {} }",
        "class A { get;       \n  foo() {} }",
    ),
    "a field named static with a value": (
        "class A { static: string = ''\n  foo() {} }",
        "class A { static         = ''\n  foo() {} }",
    ),
    "an erased member between fields": (
        "class A { a = b\n  declare c: T\n  [d] = 1 }",
        "class A { a = b\n  ;           \n  [d] = 1 }",
    ),
    "a first modifier": (
        "class A { private [a] = 1 }",
        "class A {         [a] = 1 }",
    ),
    "a class expression": (
        "const A = class<T> implements B { private a?: T };",
        "const A = class                 {         a     };",
    ),
    "an instantiation": (
        "const f = g<string>;",
        "const f = g        ;",
    ),
    "a caught error": (
        "try {} catch (e: unknown) {}",
        "try {} catch (e         ) {}",
    ),
    "loops": (
        "for (const a of b as T[]) {}\nfor (let i: number = 0; i < 1; i++) {}",
        "for (const a of b       ) {}\nfor (let i         = 0; i < 1; i++) {}",
    ),
    "a tagged template": (
        "f`a${b as string}c`;",
        "f`a${b          }c`;",
    ),
    "a template with types inside": (
        "`${(a as string).b} ${<T>c} ${d!}`;",
        "`${(a          ).b} ${   c} ${d }`;",
    ),
    "other scripts and wide characters": (
        "const s: 'é漢😀' = '😀' as '😀'; f(s);",
        "const s         = '😀'        ; f(s);",
    ),
    "tabs and carriage returns": (
        "let a:\tnumber\r\n= 1;\rlet b: string;",
        "let a        \r\n= 1;\rlet b        ;",
    ),
    "line separators": (
        "let a: {\u2028x: 1\u2029} = b;",
        "let a   \u2028    \u2029  = b;",
    ),
    "types named like keywords": (
        "type type = type; let type: type = as as any;",
        "                  let type       = as       ;",
    ),
    "a conditional with arrows": (
        "a ? (b: T): T => b : (c) => c;",
        "a ? (b   )    => b : (c) => c;",
    ),
    "optional chaining is not optional": (
        "a?.b; a ? .5 : 1; a?.[0]?.();",
        "a?.b; a ? .5 : 1; a?.[0]?.();",
    ),
    "comparisons are not types": (
        "if (a < b && c > d) f(a < b, c > d);",
        "if (a < b && c > d) f(a < b, c > d);",
    ),
    "what TypeScript reads as a call with types is one": (
        "f(a < b, c > (d));",
        "f(a          (d));",
    ),
    "labels are not types": (
        "a: for (;;) { break a }",
        "a: for (;;) { break a }",
    ),
    "object literals are not types": (
        "const a = { b: c, d() {}, get e() { return 1 }, [f]: g };",
        "const a = { b: c, d() {}, get e() { return 1 }, [f]: g };",
    ),
    "regular expressions are not types": (
        "const a = /: string/g, b = 1 / 2 / 3;",
        "const a = /: string/g, b = 1 / 2 / 3;",
    ),
    "strings and comments are not types": (
        "const a = ': string as T'; // as any\n/* let x: T */",
        "const a = ': string as T'; // as any\n/* let x: T */",
    ),
    "an abstract constructor type": (
        "let a: abstract new (...args: any[]) => object = b;",
        "let a                                          = b;",
    ),
    "keyof, typeof and unique symbol": (
        "let a: keyof typeof b, c: unique symbol, d: typeof e.f[number];",
        "let a                , c               , d                    ;",
    ),
    "a template type": (
        "type A = `${B}-${C}`; let a: `x${string}` = b;",
        "                      let a               = b;",
    ),
    "a mapped type": (
        "type A = { readonly [K in keyof T]-?: T[K] };",
        "                                             ",
    ),
    "getters in an object type": (
        "let a: { get b(): string; set b(v: string) } = c;",
        "let a                                        = c;",
    ),
    "a decimal after a cast": (
        "f((a as number) / 2, (b as any) * .5);",
        "f((a          ) / 2, (b       ) * .5);",
    ),
    "an object cast in an arrow": (
        "const f = () => ({} as T);",
        "const f = () => ({}     );",
    ),
    "a cast in a destructuring": (
        "const { a = b as T, ...c } = d as { a: T };",
        "const { a = b     , ...c } = d            ;",
    ),
    "a cast as a target": (
        "(a as any) = b; (a as any).b++; [(a as any)[0]] = c;",
        "(a       ) = b; (a       ).b++; [(a       )[0]] = c;",
    ),
    "await and yield": (
        "await (a as Promise<T>); async function* f() { yield a as T; yield* b!; }",
        "await (a              ); async function* f() { yield a     ; yield* b ; }",
    ),
    "a cast before a line comment": (
        "a = b as any // (c)\n(d)",
        "a = b ;      // (c)\n(d)",
    ),
    "nested generics": (
        "const a = new Map<string, Array<Set<number>>>(); const b: A<B<C>>= d;",
        "const a = new Map                            (); const b         = d;",
    ),
    "an accessor pair with modifiers": (
        "class A { private get a(): T { return 1 } private set a(v: T) {} private async b(): Promise<void> {} }",
        "class A {         get a()    { return 1 }         set a(v   ) {}         async b()                {} }",
    ),
    "static blocks": (
        "class A { static { const a: number = 1; } }",
        "class A { static { const a         = 1; } }",
    ),
}
