// What a script finds in the machine beside ECMAScript and its tools.

interface MachineConsole {
  log(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
  debug(...values: any[]): void;
}
declare const console: MachineConsole;

/** The host puts in what it likes; only what is always there has a shape. */
declare const context: {
  readonly [key: string]: any;
  readonly telemetry: { emitProgress(message: any, kind?: any): void };
};

/** Errors of tools carry `code` and more, and scripts hang what they like on their own. */
interface Error {
  [key: string]: any;
}

/** A script may put a name of its own on any of these, or ask for one that another machine has. */
interface ErrorConstructor {
  [key: string]: any;
}

/** What every object has, and the library's declarations leave out. */
interface Object {
  __proto__: any;
  __defineGetter__(name: PropertyKey, getter: () => any): void;
  __defineSetter__(name: PropertyKey, setter: (value: any) => void): void;
  __lookupGetter__(name: PropertyKey): any;
  __lookupSetter__(name: PropertyKey): any;
}

/** Annex B of ECMA-262, and raw JSON. */
interface Date {
  getYear(): number;
  setYear(year: number): number;
  toGMTString(): string;
}
interface JSON {
  rawJSON(text: any): any;
  isRawJSON(value: any): boolean;
}
