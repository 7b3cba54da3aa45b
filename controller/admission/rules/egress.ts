import { parseEgress } from '../../../schemas/fields/egress.ts';
import { fillTemplate, templateReferences } from '../../../schemas/fields/template.ts';
import type { FindingDraft } from '../../apis/finding.ts';
import { type Rule, typeOf } from '../subject.ts';

/** Egress rules of the type are host:port once config is filled in. A rule whose config field is not set falls away. */
export const egressRule: Rule = {
  name: 'egress',
  reads: ['type', 'typeVersion', 'config'],
  judge(subject): FindingDraft[] {
    const config = subject.spec.config ?? {};
    return (typeOf(subject)?.spec.runtime.egress ?? []).flatMap((template): FindingDraft[] => {
      const filled = fillTemplate(template, config);
      if (filled === undefined || parseEgress(filled) !== undefined) return [];
      const path = templateReferences(template)[0]?.configPath ?? [];
      const message = `the egress rule ${JSON.stringify(template)} of the type is not host:port with this config`;
      return [{ at: ['spec', 'config', ...path], reason: 'EgressInvalid', message }];
    });
  },
};
