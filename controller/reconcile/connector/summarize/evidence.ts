import { isTerminalReason, needsPerson } from '../../../../schemas/terminal-reasons.ts';
import type { InstanceFacts, InstanceRow, LastError, RunSummary } from '../../../apis/rows.ts';

/** Reasons of runs that ended before their connector could reach anything. */
const NEVER_STARTED = new Set([
  'manifest_invalid',
  'binding_unsatisfied',
  'scope_invalid',
  'stored_state_invalid',
  'UnsupportedProtocol',
  'UnsupportedCapability',
  'TypeUnavailable',
  'CredentialUnavailable',
  'SandboxUnavailable',
  'LaunchFailed',
  'StartDeadlineExceeded',
]);

/** What the last finished run says about the instance. */
export interface Evidence {
  /** `failed`: for a reason that a person must act on. `none`: nothing finished, or what finished says nothing. */
  readonly verdict: 'none' | 'succeeded' | 'failed';
  readonly run: RunSummary | null;
  /** The launch was refused or impossible: the next run fails alike, whatever the provider does. */
  readonly cannotStart: boolean;
  /** The provider, or the connector for it, asks for a new credential. */
  readonly credentialRejected: boolean;
  /** The reference to the credential did not resolve. */
  readonly credentialUnavailable: boolean;
  /** The run got as far as its connector, so its credential was there. */
  readonly credentialResolved: boolean;
}

const NO_RUN: Evidence = {
  verdict: 'none',
  run: null,
  cannotStart: false,
  credentialRejected: false,
  credentialUnavailable: false,
  credentialResolved: false,
};

/** Reads the evidence of the last finished run. Pure. */
export function evidenceOf(run: RunSummary | null): Evidence {
  if (run === null) return NO_RUN;
  const failed = needsPerson(run);
  const neverStarted = NEVER_STARTED.has(run.reason ?? '');
  return {
    verdict: failed ? 'failed' : run.state === 'succeeded' ? 'succeeded' : 'none',
    run,
    cannotStart: failed && neverStarted,
    credentialRejected: failed && asksForCredential(run),
    credentialUnavailable: failed && run.reason === 'CredentialUnavailable',
    credentialResolved: run.startedAt !== null && !neverStarted,
  };
}

/** What the runs have shown, over what was known: each fact only moves forward. */
export function factsOf(known: InstanceRow, rows: { lastRun: RunSummary | null; lastSuccessAt: Date | null }): InstanceFacts {
  return {
    lastSuccessAt: later(known.lastSuccessAt, rows.lastSuccessAt),
    lastError: newerError(known.lastError, rows.lastRun),
    healthCheckedAt: later(known.healthCheckedAt, reachedAt(rows.lastRun)),
  };
}

/** True when both say the same, so that nothing needs to be written. */
export function sameFacts(a: InstanceFacts, b: InstanceFacts): boolean {
  return (
    a.lastSuccessAt?.getTime() === b.lastSuccessAt?.getTime() &&
    a.healthCheckedAt?.getTime() === b.healthCheckedAt?.getTime() &&
    a.lastError?.run_id === b.lastError?.run_id
  );
}

/** `recovery_hint` is a word or `{action}` (collection protocol). */
function asksForCredential(run: RunSummary): boolean {
  const hint = run.connectorError?.['recovery_hint'];
  const action = typeof hint === 'object' && hint !== null ? (hint as Record<string, unknown>)['action'] : hint;
  return action === 'refresh_credentials';
}

/** A run whose connector succeeded, or told of its failure itself, has reached its source: the health evidence of this version. */
function reachedAt(run: RunSummary | null): Date | null {
  if (run === null || run.finishedAt === null) return null;
  const told = run.state === 'succeeded' || run.reason === 'connector_reported_failed' || run.recordsEmitted > 0;
  return told ? run.finishedAt : null;
}

function newerError(known: LastError | null, run: RunSummary | null): LastError | null {
  if (run === null || run.finishedAt === null || (run.state !== 'failed' && run.state !== 'abandoned')) return known;
  if (known !== null && new Date(known.at).getTime() >= run.finishedAt.getTime()) return known;
  const reason = run.reason !== null && isTerminalReason(run.reason) ? run.reason : (run.reason ?? null);
  return { run_id: run.runId, reason, failure_class: run.failureClass, message: run.message, at: run.finishedAt.toISOString() };
}

function later(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return b > a ? b : a;
}
