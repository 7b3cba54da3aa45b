import { pino, type Logger } from 'pino';
import type { Clock } from './clock.ts';

/** A JSON logger: constant message, variables as keys. The same word for the same thing: `connector`, `run`, `process`, `reason`, `err`. */
export type Log = Logger;

/** How a process logs. */
export interface LogOptions {
  /** Role of the process, such as `controller` or `runtime`; stands in each line. */
  readonly role: string;
  readonly clock: Clock;
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `pretty` is one short line an entry for a person at a terminal; `json` one object a line. */
  readonly form?: 'json' | 'pretty';
  /** Where lines go; default stderr, because stdout carries data. */
  readonly write?: (line: string) => void;
}

/** Keys that never show their value, at the top and one and two levels down. Values of run secrets are masked by value elsewhere. */
const secretKeys = [
  'password',
  'token',
  'secret',
  'authorization',
  'cookie',
  'credential',
  'credentials',
  'connectionString',
  'databaseUrl',
  'DATABASE_URL',
];
const redactedPaths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** Makes the logger of a process. Errors under `err` show type, reason, hint, message and stack, and nothing of their other fields. */
export function createLog(options: LogOptions): Log {
  const sink = options.write ?? ((line: string) => void process.stderr.write(line));
  const write = options.form === 'pretty' ? (line: string) => sink(prettyLine(line)) : sink;
  return pino(
    {
      level: options.level ?? 'info',
      base: { role: options.role, pid: process.pid },
      redact: { paths: redactedPaths, censor: '[redacted]' },
      serializers: { err: serializeError },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${options.clock.now().toISOString()}"`,
    },
    { write },
  );
}

/** An error as log fields. Foreign errors may carry whole requests or rows in other fields, so only these are taken, causes included. */
export function serializeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!Error.isError(error)) return { message: String(error) };
  const { reason, hint, code } = error as { reason?: unknown; hint?: unknown; code?: unknown };
  const fields: Record<string, unknown> = { type: error.name, message: cut(error.message) };
  for (const [key, value] of Object.entries({ reason, hint, code })) if (value !== undefined) fields[key] = value;
  if (depth === 0) fields['stack'] = error.stack;
  if (error.cause !== undefined && depth < 3) fields['cause'] = serializeError(error.cause, depth + 1);
  return fields;
}

/** A driver may put a statement of half a megabyte into its message. */
function cut(text: string): string {
  return text.length <= 2_000 ? text : `${text.slice(0, 2_000)}... (${text.length} characters)`;
}

/** A line that another process of ours wrote, for a person: pretty if it is JSON, else as it is. With its line end. */
export function readableLine(line: string): string {
  if (!line.startsWith('{"level":')) return `${line}\n`;
  try {
    return prettyLine(line);
  } catch {
    return `${line}\n`; // cut off by the death of its writer
  }
}

/** One line for a person: time, level, message, then `key=value` without what every line has and what is null. */
function prettyLine(line: string): string {
  const {
    time,
    level,
    msg,
    role,
    pid: _pid,
    err,
    ...rest
  } = JSON.parse(line) as Record<string, unknown> & { err?: Record<string, unknown> };
  const told = Object.entries(rest).filter(([, value]) => value !== null);
  const facts = told.map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  if (err !== undefined) facts.push(`error=${String(err['reason'] ?? err['type'])}: ${String(err['message'])}`);
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(role)}: ${[msg, ...facts].join(' ')}\n`;
}
