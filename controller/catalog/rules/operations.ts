import type { FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';

/** Names are unique, reading operations do not mutate, schemas compile, and the health check names one of them. */
export const operationsRule: TypeRule = {
  name: 'operations',
  judge({ operations = [], healthCheck }, tools): FindingDraft[] {
    const found: FindingDraft[] = [];
    for (const [index, operation] of operations.entries()) {
      const at = ['spec', 'operations', index];
      const fault = (field: string, message: string) => found.push({ at: [...at, field], reason: 'OperationInvalid', message });
      const repeated = operations.slice(0, index).some(({ name }) => name === operation.name);
      if (repeated) fault('name', `the operation ${JSON.stringify(operation.name)} is there twice`);
      if (operation.class === 'read' && operation.mutating) fault('mutating', 'an operation of class read cannot be mutating');
      for (const field of ['requestSchema', 'responseSchema'] as const) {
        const problem = tools.schemaProblem(operation[field]);
        if (problem !== undefined) found.push({ at: [...at, field], reason: 'ConfigSchemaInvalid', message: problem });
      }
    }
    const probe = healthCheck?.operation;
    if (probe !== undefined && !operations.some(({ name }) => name === probe)) {
      found.push({
        at: ['spec', 'healthCheck', 'operation'],
        reason: 'OperationInvalid',
        message: `there is no operation ${JSON.stringify(probe)}`,
      });
    }
    return found;
  },
};
