import { ACTIONS, ACTION_ALIASES } from '../../../schemas/policy-template.ts';
import type { FindingDraft } from '../../apis/finding.ts';
import type { PolicyCeiling } from '../context.ts';
import { type Rule, typeOf } from '../subject.ts';

/** Operations exist in the type and lie inside the ceiling of owner and project. */
export const operationsRule: Rule = {
  name: 'operations',
  reads: ['type', 'typeVersion', 'policy', 'owner', 'projectId'],
  judge(subject, context): FindingDraft[] {
    const type = typeOf(subject);
    if (type === undefined) return [];
    const declared = new Set((type.spec.operations ?? []).map(({ name }) => name));
    const ceiling = context.ceiling?.(subject.spec.owner, subject.spec.projectId)?.operations;
    return (subject.spec.policy?.allowOperations ?? []).flatMap((operation, index): FindingDraft[] => {
      const at = ['spec', 'policy', 'allowOperations', index];
      if (!declared.has(operation)) {
        const message = `type ${JSON.stringify(type.key)} has no operation ${JSON.stringify(operation)}`;
        return [{ at, reason: 'OperationUnknown', message, hint: `Its operations: ${[...declared].join(', ') || 'none'}.` }];
      }
      if (ceiling?.has(operation) ?? true) return [];
      return [
        { at, reason: 'PolicyCeilingExceeded', message: `operation ${JSON.stringify(operation)} is beyond what owner and project may use` },
      ];
    });
  },
};

/** Actions exist (coarse names of older documents with a warning) and lie inside the ceiling. */
export const actionsRule: Rule = {
  name: 'actions',
  reads: ['policy', 'owner', 'projectId'],
  judge({ spec }, context): FindingDraft[] {
    const ceiling = context.ceiling?.(spec.owner, spec.projectId) ?? {};
    return (spec.policy?.actionScope ?? []).flatMap((action, index) =>
      actionDrafts(action, ['spec', 'policy', 'actionScope', index], ceiling),
    );
  },
};

/** The named template exists. */
export const policyTemplateRule: Rule = {
  name: 'policyTemplate',
  reads: ['policy'],
  judge({ spec }, context): FindingDraft[] {
    const name = spec.policy?.policyTemplate;
    if (name === undefined || context.catalog.policyTemplates.has(name) || context.policyTemplates?.has(name) === true) return [];
    const known = [...context.catalog.policyTemplates.keys(), ...(context.policyTemplates?.keys() ?? [])].slice(0, 20);
    const message = `there is no PolicyTemplate ${JSON.stringify(name)}`;
    return [
      {
        at: ['spec', 'policy', 'policyTemplate'],
        reason: 'PolicyTemplateUnknown',
        message,
        hint: `There are: ${known.join(', ') || 'none'}.`,
      },
    ];
  },
};

function actionDrafts(action: string, at: FindingDraft['at'], ceiling: PolicyCeiling): FindingDraft[] {
  const meant = Object.hasOwn(ACTION_ALIASES, action) ? ACTION_ALIASES[action] : undefined;
  const actions: readonly string[] = meant ?? [action];
  if (actions.some((one) => !ACTIONS.includes(one as (typeof ACTIONS)[number]))) {
    return [
      { at, reason: 'ActionUnknown', message: `there is no action ${JSON.stringify(action)}`, hint: `Actions: ${ACTIONS.join(', ')}.` },
    ];
  }
  const found: FindingDraft[] = [];
  if (meant !== undefined) found.push({ at, reason: 'ActionDeprecated', message: `${action} stands for ${meant.join(' and ')}` });
  if (actions.some((one) => ceiling.actions?.has(one) === false)) {
    found.push({
      at,
      reason: 'PolicyCeilingExceeded',
      message: `action ${JSON.stringify(action)} is beyond what owner and project may use`,
    });
  }
  return found;
}
