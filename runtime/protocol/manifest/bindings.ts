import { Refusal } from '../refusal.ts';

/** Bindings of START: name to descriptor. Descriptors of what this runtime gives are empty objects. */
export type Bindings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a type says of one binding. */
export type BindingRequirements = Readonly<Record<string, { readonly required?: boolean }>>;

/** What every run has: reach is bounded by the egress allowlist and the run's own work folder (CF-45). */
const alwaysAvailable: Bindings = { network: {}, filesystem: {} };

/**
 * The bindings that START advertises: always `network` and `filesystem`, and of `available` those that the type asks for.
 * Throws `Refusal` (`binding_unsatisfied`) naming every required binding that is neither. `interactive` belongs into `available` only
 * when this run has an interaction handler.
 */
export function matchBindings(requirements: BindingRequirements, available: Bindings = {}): Bindings {
  const offered: Bindings = { ...available, ...alwaysAvailable };
  const missing = Object.keys(requirements).filter((name) => requirements[name]?.required === true && !Object.hasOwn(offered, name));
  if (missing.length > 0) {
    throw new Refusal({
      reason: 'binding_unsatisfied',
      rule: 'binding_required',
      path: 'runtime.bindings',
      message: `this run has no ${missing.join(', ')}`,
      details: { missing },
    });
  }
  const given = Object.keys(offered).filter((name) => Object.hasOwn(alwaysAvailable, name) || Object.hasOwn(requirements, name));
  return Object.fromEntries(given.map((name) => [name, offered[name] ?? {}]));
}
