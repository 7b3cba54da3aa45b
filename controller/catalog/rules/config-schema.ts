import type { FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';

/** configSchema compiles and describes an object. */
export const configSchemaRule: TypeRule = {
  name: 'configSchema',
  judge({ configSchema }, tools): FindingDraft[] {
    const at = ['spec', 'configSchema', 'schema'];
    const problem = tools.schemaProblem(configSchema.schema);
    if (problem !== undefined) return [{ at, reason: 'ConfigSchemaInvalid', message: problem }];
    if (configSchema.schema['type'] === 'object') return [];
    return [{ at, reason: 'ConfigSchemaInvalid', message: 'the schema of config must have type: object' }];
  },
};
