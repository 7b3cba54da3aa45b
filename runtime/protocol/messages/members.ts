import type { ViolationSubtype } from '../../../schemas/violation-subtypes.ts';
import type { CompiledScope, StreamCheck } from '../scope/compile-scope.ts';
import { ProtocolViolation, typeName } from '../violation.ts';

/** A parsed message or a member of one. */
export type Members = Readonly<Record<string, unknown>>;

/** Narrows to a JSON object. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads optional members of one message and throws `subtype` for a wrong one. `null` means absent.
 * Facts in violations are types, never values.
 */
export class MemberReader {
  readonly #type: string;
  readonly #subtype: ViolationSubtype;
  readonly #members: Members;
  /** Prefix of member names in facts, such as `error.`. */
  readonly #prefix: string;

  constructor(type: string, subtype: ViolationSubtype, members: Members, prefix = '') {
    this.#type = type;
    this.#subtype = subtype;
    this.#members = members;
    this.#prefix = prefix;
  }

  /** The raw member; null and absent are both undefined. */
  get(name: string): unknown {
    return this.#members[name] ?? undefined;
  }

  /** A non-empty string, or undefined when absent. */
  text(name: string): string | undefined {
    return this.#optional(name, 'non-empty string', (value) => typeof value === 'string' && value !== '') as string | undefined;
  }

  /** A finite number of 0 or more, or undefined when absent. */
  amount(name: string): number | undefined {
    return this.#optional(name, 'finite number of 0 or more', (value) => Number.isFinite(value) && (value as number) >= 0) as
      | number
      | undefined;
  }

  /** An integer of 0 or more, or undefined when absent. */
  count(name: string): number | undefined {
    return this.#optional(name, 'integer of 0 or more', (value) => Number.isSafeInteger(value) && (value as number) >= 0) as
      | number
      | undefined;
  }

  /** A boolean, or undefined when absent. */
  flag(name: string): boolean | undefined {
    return this.#optional(name, 'boolean', (value) => typeof value === 'boolean') as boolean | undefined;
  }

  /** The value, or the violation that it is missing. */
  required<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw this.fail(name, 'present');
    return value;
  }

  /** The violation for one member: `expected` names it and its rule. */
  fail(name: string, expected: string): ProtocolViolation {
    const received = typeName(this.#members[name]);
    return new ProtocolViolation({
      subtype: this.#subtype,
      message_type: this.#type,
      expected: `${this.#prefix}${name}: ${expected}`,
      received,
    });
  }

  #optional(name: string, expected: string, accepts: (value: unknown) => boolean): unknown {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!accepts(value)) throw this.fail(name, expected);
    return value;
  }
}

/** The checks of the scoped stream that a message names; throws `subtype` when it is not in START.scope. */
export function scopedStream(stream: unknown, scope: CompiledScope, type: string, subtype: ViolationSubtype): StreamCheck {
  const check = typeof stream === 'string' ? scope.get(stream) : undefined;
  if (check !== undefined) return check;
  throw new ProtocolViolation({
    subtype,
    message_type: type,
    ...(typeof stream === 'string' ? { stream } : {}),
    expected: [...scope.keys()],
    ...(typeof stream === 'string' ? {} : { received: typeName(stream) }),
  });
}

/** Members with `undefined` left out, so that an absent member is absent. */
export function present<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
