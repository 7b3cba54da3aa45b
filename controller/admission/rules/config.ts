import type { FindingDraft } from '../../apis/finding.ts';
import { schemaDrafts } from '../schema/schema-drafts.ts';
import { type Rule, typeOf } from '../subject.ts';

/** config fits the configSchema of the type; every breach is told. */
export const configRule: Rule = {
  name: 'config',
  reads: ['type', 'typeVersion', 'config'],
  judge(subject, context): FindingDraft[] {
    const type = typeOf(subject);
    if (type === undefined) return [];
    const compiled = context.compiler.compile(type.spec.configSchema.schema, `config:${type.digest}`);
    if ('problem' in compiled) {
      return [
        {
          at: ['spec', 'type'],
          reason: 'ConfigSchemaInvalid',
          message: `the configSchema of ${type.key} ${type.version} does not compile`,
        },
      ];
    }
    const errors = compiled.check(subject.spec.config ?? {}) ?? [];
    return schemaDrafts(errors, ['spec', 'config'], { unknown: 'ConfigInvalid', missing: 'ConfigInvalid', other: 'ConfigInvalid' });
  },
};
