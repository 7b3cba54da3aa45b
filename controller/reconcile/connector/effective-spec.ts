import { type EffectiveConnectorSpec, withDefaults } from '../../../schemas/connector-defaults.ts';
import type { ConnectorSpec } from '../../../schemas/connector.ts';

/** A spec is decoded once a pass and asked for its defaults by several rules; the answer goes when the spec does. */
const known = new WeakMap<ConnectorSpec, EffectiveConnectorSpec>();

/** The spec with every default filled in; equal object in, equal object out. */
export function effectiveSpec(spec: ConnectorSpec): EffectiveConnectorSpec {
  const before = known.get(spec);
  if (before !== undefined) return before;
  const effective = withDefaults(spec);
  known.set(spec, effective);
  return effective;
}
