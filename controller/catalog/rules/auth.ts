import type { FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';
import { isReserved } from './reserved-env.ts';

/** Fields go with the kind, have names and variables of their own, and claim none of the runtime's. */
export const authRule: TypeRule = {
  name: 'auth',
  judge({ auth, runtime }): FindingDraft[] {
    const fields = auth.fields ?? [];
    const found: FindingDraft[] = [];
    const fault = (at: (string | number)[], message: string) => found.push({ at: ['spec', 'auth', ...at], reason: 'AuthInvalid', message });
    if (auth.kind === 'none' && fields.length > 0) fault(['fields'], 'kind none has no fields');
    if (auth.kind === 'static_secret' && fields.length === 0) fault([], 'kind static_secret needs fields');
    if (auth.oauth2 !== undefined && auth.kind !== 'oauth2') fault(['oauth2'], `oauth2 does not go with kind ${auth.kind}`);
    for (const [index, { name, env }] of fields.entries()) {
      const earlier = fields.slice(0, index);
      if (earlier.some((field) => field.name === name))
        fault(['fields', index, 'name'], `the field ${JSON.stringify(name)} is there twice`);
      if (earlier.some((field) => field.env === env)) fault(['fields', index, 'env'], `the variable ${env} is there twice`);
      if (isReserved(env)) fault(['fields', index, 'env'], `the variable ${env} is set by the runtime`);
      if (Object.hasOwn(runtime.env ?? {}, env)) fault(['fields', index, 'env'], `the variable ${env} is in runtime.env too`);
    }
    return found;
  },
};
