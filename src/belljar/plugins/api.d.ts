// What a plugin of the profile `standard` is given as its first argument. `tools` holds what the policy granted besides.

type LogLevel = "debug" | "info" | "warn" | "error";

interface SchemaProblem {
  /** A JSON pointer; empty for the value itself. */
  path: string;
  message: string;
}

interface PluginApi {
  /** Into the run's console: at most 200 events a run, 20 a second, 4 kB each. */
  log(level: LogLevel, message: string, meta?: unknown): void;
  /** Milliseconds since 1970. The same in a replay. */
  now(): number;
  /** A setting of the operator's [grant.config]. Names like those of secrets are refused. */
  getConfig(key: string): Promise<any>;
  /** Waits. It counts towards the plugin's time. */
  sleep(ms: number): Promise<null>;
  /** Whether a value fits a JSON Schema (draft 2020-12), and the first twenty places where it does not. */
  validateInput(value: unknown, schema: unknown): Promise<{ valid: boolean; problems: SchemaProblem[] }>;
  /** With the capability `metrics`. */
  metrics: { emit(name: string, value: number): Promise<null> };
}
