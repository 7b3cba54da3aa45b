import type { OperationDeclaration } from '../../../schemas/fields/operation.ts';
import type { TypeDocumentTools } from '../../apis/catalog.ts';
import type { FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';

/** Names are unique, reading operations do not mutate, schemas compile, and the health check names one of them. */
export const operationsRule: TypeRule = {
  name: 'operations',
  judge({ operations = [], healthCheck }, tools): FindingDraft[] {
    const names = operations.map(({ name }) => name);
    const found = operations.flatMap((operation, index) => operationFaults(operation, names.slice(0, index), tools));
    const probe = healthCheck?.operation;
    if (probe === undefined || names.includes(probe)) return found;
    const message = `there is no operation ${JSON.stringify(probe)}`;
    return [...found, { at: ['spec', 'healthCheck', 'operation'], reason: 'OperationInvalid', message }];
  },
};

function operationFaults(operation: OperationDeclaration, earlier: readonly string[], tools: TypeDocumentTools): FindingDraft[] {
  const at = ['spec', 'operations', earlier.length];
  const found: FindingDraft[] = [];
  if (earlier.includes(operation.name)) {
    found.push({
      at: [...at, 'name'],
      reason: 'OperationInvalid',
      message: `the operation ${JSON.stringify(operation.name)} is there twice`,
    });
  }
  if (operation.class === 'read' && operation.mutating) {
    found.push({ at: [...at, 'mutating'], reason: 'OperationInvalid', message: 'an operation of class read cannot be mutating' });
  }
  for (const field of ['requestSchema', 'responseSchema'] as const) {
    const problem = tools.schemaProblem(operation[field]);
    if (problem !== undefined) found.push({ at: [...at, field], reason: 'ConfigSchemaInvalid', message: problem });
  }
  return found;
}
