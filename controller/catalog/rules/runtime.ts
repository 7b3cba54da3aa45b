import { parseEgress } from '../../../schemas/fields/egress.ts';
import { templateReferences } from '../../../schemas/fields/template.ts';
import type { FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';
import { isReserved } from './reserved-env.ts';

/** There is something to start, its environment is free of reserved names, and egress rules without templates are host:port. */
export const runtimeRule: TypeRule = {
  name: 'runtime',
  judge({ runtime }): FindingDraft[] {
    const found: FindingDraft[] = [];
    const at = ['spec', 'runtime'];
    if (runtime.command === undefined && runtime.image === undefined) {
      found.push({ at, reason: 'RuntimeInvalid', message: 'there is neither command nor image' });
    }
    for (const name of Object.keys(runtime.env ?? {})) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        found.push({ at: [...at, 'env', name], reason: 'RuntimeInvalid', message: 'this is no name of an environment variable' });
      else if (isReserved(name))
        found.push({ at: [...at, 'env', name], reason: 'RuntimeInvalid', message: `the variable ${name} is set by the runtime` });
    }
    for (const [index, rule] of (runtime.egress ?? []).entries()) {
      if (templateReferences(rule).length > 0 || parseEgress(rule) !== undefined) continue;
      found.push({ at: [...at, 'egress', index], reason: 'EgressInvalid', message: `${JSON.stringify(rule)} is not host:port` });
    }
    return found;
  },
};
