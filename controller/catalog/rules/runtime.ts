import { parseEgress } from '../../../schemas/fields/egress.ts';
import { templateReferences } from '../../../schemas/fields/template.ts';
import type { FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';
import { isReserved } from './reserved-env.ts';

/** There is something to start, its environment is free of reserved names, and egress rules without templates are host:port. */
export const runtimeRule: TypeRule = {
  name: 'runtime',
  judge({ runtime }): FindingDraft[] {
    const nothing = runtime.command === undefined && runtime.image === undefined;
    const bad = Object.keys(runtime.env ?? {}).flatMap((name) => envFault(name) ?? []);
    const unread = [...(runtime.egress ?? []).entries()].filter(
      ([, rule]) => templateReferences(rule).length === 0 && parseEgress(rule) === undefined,
    );
    return [
      ...(nothing ? [{ at: AT, reason: 'RuntimeInvalid', message: 'there is neither command nor image' } as const] : []),
      ...bad,
      ...unread.map(
        ([index, rule]): FindingDraft => ({
          at: [...AT, 'egress', index],
          reason: 'EgressInvalid',
          message: `${JSON.stringify(rule)} is not host:port`,
        }),
      ),
    ];
  },
};

const AT = ['spec', 'runtime'] as const;

function envFault(name: string): FindingDraft | undefined {
  const at = [...AT, 'env', name];
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return { at, reason: 'RuntimeInvalid', message: 'this is no name of an environment variable' };
  return isReserved(name) ? { at, reason: 'RuntimeInvalid', message: `the variable ${name} is set by the runtime` } : undefined;
}
