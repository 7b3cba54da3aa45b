import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../../../../controller/apis/finding.ts';
import { conditionTypes } from '../../../../../../controller/apis/status/conditions.ts';
import { decide } from '../../../../../../controller/reconcile/connector/decide/decide.ts';
import type { Observation } from '../../../../../../controller/reconcile/connector/observation.ts';
import { summarize } from '../../../../../../controller/reconcile/connector/summarize/summarize.ts';
import { instanceRow, NOW, observation, revision, run, scheduleRow, settings, specOf } from '../../../../../gen/observation.ts';

const EVERY = { schedule: { every: '1h' } };
const NONE = { credentials: { mode: 'none' as const } };
const summary = (seen: Observation) => summarize(seen, decide(seen, NOW, settings), NOW);
const condition = (seen: Observation, type: string) => summary(seen).status.conditions?.find((one) => one.type === type);
const inWord = (seen: Observation, type: string): string => {
  const found = condition(seen, type);
  return found === undefined ? 'absent' : `${found.status} ${found.reason}`;
};
const finding = (reason: Finding['reason']): Finding => ({
  path: 'spec.x',
  reason,
  message: 'm',
  hint: 'h',
  severity: 'error',
  file: 'a.yaml',
  line: 3,
  column: 5,
});
const refusedFor = (reason: Finding['reason']) => ({ findings: [finding(reason)], acceptance: null, withdrawn: false });
const failed = (reason: string, parts = {}) => run({ state: 'failed', reason, failureClass: 'permanent', message: 'why', ...parts });

const OBSERVED = { ...EVERY, mode: 'Observe' as const };
/** What was installed under Manage before the document said Observe. */
const installed = (instance = {}, schedule = {}) =>
  observation(OBSERVED, { instance: instanceRow(revision(specOf(EVERY)), instance), schedule: scheduleRow(specOf(EVERY), schedule) });

describe('ScheduleReady under Observe tells what is installed', () => {
  it.each<{ seen: Observation; says: string; reason: string }>([
    { seen: installed(), says: 'True Scheduled', reason: 'the installed schedule goes on' },
    {
      seen: observation({ mode: 'Observe' }, { schedule: scheduleRow(specOf(EVERY)) }),
      says: 'True Scheduled',
      reason: 'a schedule that the document dropped goes on',
    },
    { seen: observation(OBSERVED, { instance: null, schedule: null }), says: 'False Observing', reason: 'nothing is installed' },
    { seen: installed({ deletedAt: NOW }), says: 'False Observing', reason: 'a removed instance is not brought back' },
    { seen: observation(OBSERVED, { schedule: null }), says: 'True OnRequest', reason: 'no schedule is installed' },
    { seen: installed({ enabled: false }), says: 'False Disabled', reason: 'it is installed as disabled' },
    { seen: installed({ status: 'revoked' }), says: 'False Revoked', reason: 'the owner revoked it' },
    { seen: installed({ status: 'paused' }), says: 'False Paused', reason: 'the owner paused it' },
    { seen: installed({}, { suspended: true, dueAt: null }), says: 'False Suspended', reason: 'its schedule is suspended' },
    { seen: installed({}, { dueAt: null }), says: 'False Observing', reason: 'nobody plans a next start' },
  ])('$says: $reason', ({ seen, says }) => {
    expect(inWord(seen, 'ScheduleReady')).toBe(says);
  });
});

describe('conditions', () => {
  it.each<{ seen: Observation; type: string; says: string; reason: string }>([
    { seen: observation(EVERY), type: 'Ready', says: 'True Converged', reason: 'nothing speaks against it' },
    { seen: observation(EVERY), type: 'Reconciling', says: 'absent', reason: 'converged' },
    { seen: observation(EVERY), type: 'Stalled', says: 'absent', reason: 'nothing to wait for' },
    { seen: observation({ enabled: false }), type: 'Ready', says: 'True Disabled', reason: 'it is as the spec says' },
    {
      seen: observation({ schedule: { every: '1h', suspend: true } }),
      type: 'Ready',
      says: 'True Converged',
      reason: 'a suspended schedule is intended',
    },
    {
      seen: observation({}, { judgement: refusedFor('ConfigInvalid') }),
      type: 'Ready',
      says: 'False ConfigInvalid',
      reason: 'the newest generation was refused',
    },
    {
      seen: observation({}, { judgement: refusedFor('ConfigInvalid') }),
      type: 'Stalled',
      says: 'True ConfigInvalid',
      reason: 'only another document helps',
    },
    {
      seen: observation({}, { judgement: refusedFor('ConfigInvalid') }),
      type: 'Admitted',
      says: 'False ConfigInvalid',
      reason: 'the first error names it',
    },
    {
      seen: observation({}, { judgement: refusedFor('TypeUnknown') }),
      type: 'TypeAvailable',
      says: 'False TypeUnknown',
      reason: 'no such type',
    },
    {
      seen: observation({}, { judgement: refusedFor('PolicyTemplateUnknown') }),
      type: 'PolicyBound',
      says: 'False PolicyTemplateUnknown',
      reason: 'no such template',
    },
    {
      seen: observation({}, { row: { sourceError: { reason: 'SyntaxInvalid', message: 'a.yaml:1:2: m', hint: 'h' } } }),
      type: 'Admitted',
      says: 'False SyntaxInvalid',
      reason: 'its file no longer reads',
    },
    {
      seen: observation({}, { row: { sourceError: { reason: 'SourceMissing', message: 'm', hint: 'h' } } }),
      type: 'SourceMissing',
      says: 'True SourceMissing',
      reason: 'its source cannot be listed',
    },
    {
      seen: observation({}, { row: { sourceError: { reason: 'SourceMissing', message: 'm', hint: 'h' } } }),
      type: 'Ready',
      says: 'True Converged',
      reason: 'what is in force goes on',
    },
    {
      seen: observation({}, { row: { claims: [{ source: 'upload', namespace: 'n' }] } }),
      type: 'SourceConflict',
      says: 'True SourceConflict',
      reason: 'another document wants its name',
    },
    {
      seen: observation({}, { row: { reconcilePausedAt: NOW } }),
      type: 'ReconcilePaused',
      says: 'True Paused',
      reason: 'the owner paused it',
    },
    { seen: observation(NONE), type: 'CredentialReady', says: 'True NotNeeded', reason: 'no credential is used' },
    { seen: observation(), type: 'CredentialReady', says: 'Unknown NotTried', reason: 'untried is unknown' },
    { seen: observation(), type: 'Ready', says: 'True Converged', reason: 'what was not tried does not hold Ready back' },
    { seen: observation({}, { lastRun: run() }), type: 'CredentialReady', says: 'True Resolved', reason: 'the last run got it' },
    {
      seen: observation({}, { lastRun: failed('CredentialUnavailable', { startedAt: null }) }),
      type: 'CredentialReady',
      says: 'False CredentialUnavailable',
      reason: 'the reference did not resolve',
    },
    {
      seen: observation({}, { lastRun: failed('CredentialUnavailable', { startedAt: null }) }),
      type: 'Ready',
      says: 'False CredentialUnavailable',
      reason: 'a person must provide it',
    },
    {
      seen: observation({}, { lastRun: failed('connector_reported_failed', { connectorError: { recovery_hint: 'refresh_credentials' } }) }),
      type: 'CredentialReady',
      says: 'False CredentialRejected',
      reason: 'the provider refuses it',
    },
    {
      seen: observation(NONE, { lastRun: failed('connector_protocol_violation') }),
      type: 'LastRunFailed',
      says: 'True connector_protocol_violation',
      reason: 'the run names its cause',
    },
    {
      seen: observation(NONE, { lastRun: failed('connector_protocol_violation') }),
      type: 'Ready',
      says: 'False LastRunFailed',
      reason: 'a person must look',
    },
    {
      seen: observation(NONE, { lastRun: run({ state: 'abandoned', reason: 'RuntimeLost', failureClass: 'transient' }) }),
      type: 'Ready',
      says: 'True Converged',
      reason: 'an abandoned run is no evidence',
    },
    {
      seen: observation(NONE, { lastRun: run({ state: 'cancelled', reason: 'cancelled' }) }),
      type: 'LastRunFailed',
      says: 'absent',
      reason: 'somebody cancelled it',
    },
    {
      seen: observation(NONE, { lastRun: failed('connector_exit_without_done', { failureClass: 'transient' }) }),
      type: 'Ready',
      says: 'False LastRunFailed',
      reason: 'a transient failure whose retries are used up',
    },
    { seen: observation(NONE), type: 'ScheduleReady', says: 'True OnRequest', reason: 'there is no schedule' },
    { seen: observation(EVERY), type: 'ScheduleReady', says: 'True Scheduled', reason: 'the next start is planned' },
    { seen: observation(EVERY, { schedule: null }), type: 'ScheduleReady', says: 'True Scheduled', reason: 'this very pass plans it' },
    {
      seen: observation(EVERY, { schedule: scheduleRow(specOf(EVERY), { pausedAt: NOW, dueAt: null, nextRunAt: null }) }),
      type: 'ScheduleReady',
      says: 'False Paused',
      reason: 'the owner paused the schedule',
    },
    {
      seen: observation(EVERY, { instance: instanceRow(revision(specOf(EVERY)), { status: 'paused' }) }),
      type: 'ScheduleReady',
      says: 'False Paused',
      reason: 'the owner paused the connection',
    },
    { seen: observation({ ...EVERY, enabled: false }), type: 'ScheduleReady', says: 'False Disabled', reason: 'nothing starts' },
    {
      seen: observation({ mode: 'Observe' }, { instance: null }),
      type: 'Ready',
      says: 'False Observing',
      reason: 'the plan is not carried out',
    },
    { seen: observation({ mode: 'Observe' }), type: 'Ready', says: 'True Converged', reason: 'there is nothing to carry out' },
    {
      seen: observation({}, { instance: instanceRow(revision(specOf()), { status: 'revoked' }) }),
      type: 'Ready',
      says: 'False Revoked',
      reason: 'the owner revoked it',
    },
    {
      seen: observation({}, { row: { deletionRequestedAt: NOW }, activeRun: run({ state: 'running' }) }),
      type: 'Reconciling',
      says: 'True Removing',
      reason: 'it waits for its run',
    },
    {
      seen: observation({}, { judgement: { findings: [], acceptance: revision(specOf()), withdrawn: true } }),
      type: 'TypeAvailable',
      says: 'True Withdrawn',
      reason: 'a version in use outlives its document',
    },
    { seen: observation(), type: 'PolicyBound', says: 'True NothingAllowed', reason: 'no policy allows no operation' },
    {
      seen: observation({ policy: { policyTemplate: 'read-only' } }),
      type: 'PolicyBound',
      says: 'True Bound',
      reason: 'a template is bound',
    },
  ])('$type is $says: $reason', ({ seen, type, says }) => {
    expect(inWord(seen, type)).toBe(says);
  });

  it('NeverFires holds Ready back: a schedule that names no moment is not what anybody wants', () => {
    const seen = observation(EVERY, { schedule: scheduleRow(specOf(EVERY), { dueAt: null, nextRunAt: null }) });
    const never = { ...settings, nextDue: () => null };
    const { status } = summarize(seen, decide(seen, NOW, never), NOW);
    expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'NeverFires' });
  });

  it('tells file, line, column, path and hint of a refusal', () => {
    expect(condition(observation({}, { judgement: refusedFor('ConfigInvalid') }), 'Admitted')?.message).toBe('a.yaml:3:5: spec.x: m (h)');
  });

  it('knows only declared types, and abnormal ones only while True', () => {
    const conditions = [
      observation(),
      observation({}, { judgement: refusedFor('TypeUnknown') }),
      observation({}, { row: { reconcilePausedAt: NOW } }),
    ].flatMap((seen) => summary(seen).status.conditions ?? []);
    for (const { type, status } of conditions) {
      expect(Object.keys(conditionTypes)).toContain(type);
      if (conditionTypes[type as keyof typeof conditionTypes].polarity === 'abnormal') expect(status).toBe('True');
    }
  });
});

describe('phase', () => {
  it.each<{ seen: Observation; phase: string; reason: string | null }>([
    { seen: observation(), phase: 'active', reason: null },
    { seen: observation({ enabled: false }), phase: 'disabled', reason: 'Disabled' },
    { seen: observation({}, { instance: instanceRow(revision(specOf()), { status: 'revoked' }) }), phase: 'disabled', reason: 'Revoked' },
    { seen: observation({}, { lastRun: failed('SandboxUnavailable', { startedAt: null }) }), phase: 'error', reason: 'SandboxUnavailable' },
    {
      seen: observation({}, { lastRun: failed('connector_protocol_violation') }),
      phase: 'degraded',
      reason: 'connector_protocol_violation',
    },
    {
      seen: observation(
        {},
        { lastRun: failed('connector_reported_failed', { connectorError: { recovery_hint: { action: 'refresh_credentials' } } }) },
      ),
      phase: 'credential_expired',
      reason: 'CredentialRejected',
    },
    {
      seen: observation({}, { inForce: null, instance: null, judgement: refusedFor('ConfigInvalid') }),
      phase: 'error',
      reason: 'ConfigInvalid',
    },
    { seen: observation({ mode: 'Observe' }, { instance: null }), phase: 'provisioning', reason: 'Observing' },
  ])('$phase for $reason', ({ seen, phase, reason }) => {
    expect(summary(seen).phase).toEqual({ phase, phaseReason: reason });
  });

  it('is not written when it is what the row says', () => {
    expect(summary(observation()).phaseWrite).toBeNull();
  });

  it('steps from the phase that the row is in', () => {
    expect(summary(observation({}, { lastRun: failed('connector_protocol_violation') })).phaseWrite).toMatchObject({
      fromPhase: 'active',
      phase: 'degraded',
    });
  });

  it('throws IllegalTransition for a row that no documented step leads out of', () => {
    const instance = instanceRow(revision(specOf()), { phase: 'disabled' });
    const seen = observation({}, { instance });
    const withoutWayBack = { ...decide(seen, NOW, settings), updateInstance: null };
    expect(() => summarize(seen, withoutWayBack, NOW)).toThrow(expect.objectContaining({ reason: 'IllegalTransition' }));
  });
});

describe('at rest', () => {
  it('the summary of a summarized object is unchanged', () => {
    const seen = observation({ ...EVERY }, { lastRun: run(), lastSuccessAt: NOW });
    const first = summary(seen);
    expect(first.changed).toBe(true);
    const facts = { lastSuccessAt: NOW, healthCheckedAt: NOW };
    const again = observation(
      { ...EVERY },
      { lastRun: run(), lastSuccessAt: NOW, row: { status: first.status }, instance: instanceRow(revision(specOf(EVERY)), facts) },
    );
    const second = summarize(again, decide(again, NOW, settings), new Date(NOW.getTime() + 60_000));
    expect(second).toMatchObject({ changed: false, phaseWrite: null });
    expect(second.status).toBe(first.status);
  });
});
