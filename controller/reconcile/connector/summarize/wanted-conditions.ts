import { type FindingReason, FINDING_REASONS } from '../../../apis/finding-reasons.ts';
import type { Finding } from '../../../apis/finding.ts';
import type { WantedCondition } from '../../../apis/status/condition-set.ts';
import { printChanges } from '../diff.ts';
import { credentialReady } from './credential-condition.ts';
import { scheduleReady } from './schedule-condition.ts';
import type { Told } from './told.ts';

/** One condition, or undefined when it is absent. */
type Rule = (told: Told) => WantedCondition | undefined;

const TYPE_REASONS: ReadonlySet<FindingReason> = new Set(['TypeUnknown', 'TypeVersionUnknown', 'TypeNotAllowed']);
const POLICY_REASONS: ReadonlySet<FindingReason> = new Set([
  'PolicyTemplateUnknown',
  'PolicyCeilingExceeded',
  'OperationUnknown',
  'ActionUnknown',
]);

/** All conditions but Ready, Reconciling and Stalled, which follow from these. */
export const CONDITION_RULES: readonly Rule[] = [
  admitted,
  typeAvailable,
  policyBound,
  credentialReady,
  scheduleReady,
  lastRunFailed,
  sourceMissing,
  sourceConflict,
  reconcilePaused,
  observing,
];

/** The errors among findings. */
export function errorsOf(findings: readonly Finding[]): Finding[] {
  return findings.filter((found) => found.severity === 'error');
}

/** A file that no longer reads is a refusal too: what stands in it now is not in force. */
function admitted({ observation: { spec, judgement } }: Told): WantedCondition {
  const broken = spec.sourceError;
  if (broken !== null && Object.hasOwn(FINDING_REASONS, broken.reason)) {
    return { type: 'Admitted', status: 'False', reason: broken.reason, message: `${broken.message} (${broken.hint})` };
  }
  const errors = errorsOf(judgement.findings);
  if (errors[0] === undefined) return { type: 'Admitted', status: 'True', reason: 'Accepted', message: warnings(judgement.findings) };
  return { type: 'Admitted', status: 'False', reason: errors[0].reason, message: errors.map(findingLine).join('; ') };
}

function warnings(findings: readonly Finding[]): string {
  const told = findings.map(findingLine).join('; ');
  return told === '' ? 'the newest generation was accepted' : `accepted, with a warning: ${told}`;
}

/** `file:line:column: path: message (hint)`, as far as it is known. */
function findingLine(found: Finding): string {
  const place = [found.file, found.line, found.column].filter((part) => part !== undefined).join(':');
  const path = found.path === '' ? '' : `${found.path}: `;
  return `${place === '' ? '' : `${place}: `}${path}${found.message} (${found.hint})`;
}

function typeAvailable({ observation: { judgement } }: Told): WantedCondition {
  const found = errorsOf(judgement.findings).find(({ reason }) => TYPE_REASONS.has(reason));
  if (found !== undefined) return { type: 'TypeAvailable', status: 'False', reason: found.reason, message: findingLine(found) };
  if (judgement.withdrawn) {
    const message = 'the document of the type version in force is gone; it stays registered while this connector uses it';
    return { type: 'TypeAvailable', status: 'True', reason: 'Withdrawn', message };
  }
  return { type: 'TypeAvailable', status: 'True', reason: 'Registered', message: 'the type and a version that fits are registered' };
}

function policyBound({ observation: { judgement }, plan }: Told): WantedCondition | undefined {
  const found = errorsOf(judgement.findings).find(({ reason }) => POLICY_REASONS.has(reason));
  if (found !== undefined) return { type: 'PolicyBound', status: 'False', reason: found.reason, message: findingLine(found) };
  if (plan.inForce === null) return undefined;
  const { policyTemplate, allowOperations } = plan.inForce.spec.policy ?? {};
  if (policyTemplate === undefined && (allowOperations ?? []).length === 0) {
    return {
      type: 'PolicyBound',
      status: 'True',
      reason: 'NothingAllowed',
      message: 'no operation is allowed; runs are not touched by this',
    };
  }
  const message =
    policyTemplate === undefined ? `${allowOperations?.length} operations are allowed` : `template ${policyTemplate} is bound`;
  return { type: 'PolicyBound', status: 'True', reason: 'Bound', message };
}

function lastRunFailed({ evidence: { verdict, run } }: Told): WantedCondition | undefined {
  if (verdict !== 'failed' || run === null) return undefined;
  const message = `run ${run.runId}: ${run.reason ?? 'failed'}: ${run.message ?? 'no message'}`;
  return { type: 'LastRunFailed', status: 'True', reason: run.reason ?? 'InternalError', message };
}

function sourceMissing({ observation: { spec } }: Told): WantedCondition | undefined {
  const error = spec.sourceError;
  if (error === null || Object.hasOwn(FINDING_REASONS, error.reason)) return undefined;
  return { type: 'SourceMissing', status: 'True', reason: error.reason, message: `${error.message} (${error.hint})` };
}

function sourceConflict({ observation: { spec } }: Told): WantedCondition | undefined {
  if (spec.claims.length === 0) return undefined;
  const others = spec.claims.map(({ source, namespace, file }) => `${source} (${file ?? namespace})`).join(', ');
  const message = `also claimed by ${others}; ${spec.source} was recorded first and stays in force`;
  return { type: 'SourceConflict', status: 'True', reason: 'SourceConflict', message };
}

function reconcilePaused({ observation: { spec } }: Told): WantedCondition | undefined {
  if (spec.reconcilePausedAt === null) return undefined;
  return { type: 'ReconcilePaused', status: 'True', reason: 'Paused', message: 'the owner paused reconciliation; a removal would go on' };
}

function observing({ plan }: Told): WantedCondition | undefined {
  if (plan.hold !== 'observing') return undefined;
  const message = plan.changes.length === 0 ? 'nothing would change' : `would ${printChanges(plan.changes)}`;
  return { type: 'Observing', status: 'True', reason: 'Observing', message };
}
