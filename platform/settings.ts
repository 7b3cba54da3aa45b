import { Fault } from './errors.ts';

/** One setting: where it comes from, what it means, how its text becomes a value. The documentation is made from these. */
export interface Setting<T> {
  /** Environment variable. */
  readonly env: string;
  /** Command line flag with its dashes; a repeated flag counts for lists only. */
  readonly flag?: string;
  readonly description: string;
  /** Used when neither flag nor variable is there. */
  readonly fallback: T;
  /** Text to value; throws `SettingText` with what would be right. */
  parse(text: string): T;
  /** Several flags are joined by `:`, as the variable is. */
  readonly list?: boolean;
}

/** Thrown by a parser: says what the text should look like. */
export class SettingText extends Error {}

type Table = Readonly<Record<string, Setting<unknown>>>;
type Values<T extends Table> = { readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never };

/**
 * Reads every setting of a table: flag over variable over fallback. All faults are reported at once, as one `ConfigInvalid`.
 * An empty variable counts as absent.
 */
export function readSettings<T extends Table>(
  table: T,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Values<T> {
  const faults: string[] = [];
  const given = readFlags(table, args, faults);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const [from, text] = given.has(name) ? [setting.flag as string, given.get(name) as string] : [setting.env, env[setting.env] ?? ''];
    try {
      values[name] = text === '' ? setting.fallback : setting.parse(text);
    } catch (error) {
      if (!(error instanceof SettingText)) throw error;
      faults.push(`${from}: ${error.message}`);
    }
  }
  if (faults.length > 0) throw configInvalid(faults);
  return Object.freeze(values) as Values<T>;
}

/** One fault that names everything wrong with the settings. */
export function configInvalid(faults: string[]): Fault {
  return new Fault({
    reason: 'ConfigInvalid',
    message: `cannot start: ${faults.join('; ')}`,
    hint: 'correct the flags or environment variables named above; --help lists them',
    disposition: { kind: 'stall' },
    details: { faults },
  });
}

function readFlags(table: Table, args: readonly string[], faults: string[]): Map<string, string> {
  const byFlag = new Map(Object.entries(table).flatMap(([name, setting]) => (setting.flag ? [[setting.flag, name] as const] : [])));
  const given = new Map<string, string>();
  const rest = args.flatMap((arg) => (/^--[^=]+=/.test(arg) ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg]));
  while (rest.length > 0) {
    const flag = rest.shift() as string;
    const name = byFlag.get(flag);
    const value = name === undefined ? undefined : rest.shift();
    if (name === undefined) faults.push(`${flag}: unknown flag`);
    else if (value === undefined) faults.push(`${flag}: needs a value`);
    else if (given.has(name) && !table[name]?.list) faults.push(`${flag}: given twice`);
    else given.set(name, given.has(name) ? `${given.get(name)}:${value}` : value);
  }
  return given;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new SettingText(`must be a whole number from ${min} to ${max}, not «${text}»`);
    return value;
  };
}

/** One of a closed list of words. */
export function oneOf<const W extends string>(words: readonly W[]): (text: string) => W {
  return (text) => {
    if (!(words as readonly string[]).includes(text)) throw new SettingText(`must be one of ${words.join(', ')}, not «${text}»`);
    return text as W;
  };
}

/** A list joined by `:`; empty parts are dropped. */
export function pathList(text: string): readonly string[] {
  return text.split(':').filter((part) => part !== '');
}

/** `host:port`, `[v6]:port` or `:port`. Port 0 lets the system choose. */
export function hostAndPort(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || port > 65_535) throw new SettingText(`must be host:port such as 127.0.0.1:8080, not «${text}»`);
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}
