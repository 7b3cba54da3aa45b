import type { AuthField, AuthSpec } from '../../../schemas/connector-type.ts';
import type { FieldPath, FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';
import { isReserved } from './reserved-env.ts';

/** Fields go with the kind, have names and variables of their own, and claim none of the runtime's. */
export const authRule: TypeRule = {
  name: 'auth',
  judge({ auth, runtime }): FindingDraft[] {
    const fields = auth.fields ?? [];
    const reserved = (env: string) => isReserved(env) || Object.hasOwn(runtime.env ?? {}, env);
    return [...kindFaults(auth), ...fields.flatMap((field, index) => fieldFaults(field, fields.slice(0, index), reserved))];
  },
};

function fault(at: FieldPath, message: string): FindingDraft {
  return { at: ['spec', 'auth', ...at], reason: 'AuthInvalid', message };
}

function kindFaults({ kind, fields = [], oauth2 }: AuthSpec): FindingDraft[] {
  const found: FindingDraft[] = [];
  if (kind === 'none' && fields.length > 0) found.push(fault(['fields'], 'kind none has no fields'));
  if (kind === 'static_secret' && fields.length === 0) found.push(fault([], 'kind static_secret needs fields'));
  if (oauth2 !== undefined && kind !== 'oauth2') found.push(fault(['oauth2'], `oauth2 does not go with kind ${kind}`));
  return found;
}

function fieldFaults({ name, env }: AuthField, earlier: readonly AuthField[], reserved: (env: string) => boolean): FindingDraft[] {
  const at = ['fields', earlier.length];
  const found: FindingDraft[] = [];
  if (earlier.some((field) => field.name === name)) found.push(fault([...at, 'name'], `the field ${JSON.stringify(name)} is there twice`));
  if (earlier.some((field) => field.env === env)) found.push(fault([...at, 'env'], `the variable ${env} is there twice`));
  if (reserved(env)) found.push(fault([...at, 'env'], `the variable ${env} is set by the runtime or by runtime.env`));
  return found;
}
