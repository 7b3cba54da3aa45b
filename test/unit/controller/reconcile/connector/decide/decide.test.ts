import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../../../../controller/reconcile/connector/decide/decide.ts';
import type { Observation } from '../../../../../../controller/reconcile/connector/observation.ts';
import { instanceRow, NOW, observation, revision, run, scheduleRow, settings, specOf } from '../../../../../gen/observation.ts';

const EVERY = { schedule: { every: '1h' } };
const accepted = revision(specOf());
const refused = { findings: [], acceptance: null, withdrawn: false };

/** What a plan does, in short. */
function deeds(seen: Observation): string[] {
  return decide(seen, NOW, settings).changes.map(({ object, action, fields }) =>
    [action, object, ...fields.map(({ path }) => path)].join(' '),
  );
}

const created =
  'create instance namespace name ownerType ownerId projectId connectorKey connectorTypeVersion configSchemaVersion displayName enabled revision config credentials policy limits rateLimitPolicy collection inbound execution';

describe('decide', () => {
  it.each<{ seen: Observation; does: string[]; reason: string }>([
    { seen: observation(EVERY), does: [], reason: 'a converged object needs nothing' },
    {
      seen: observation(EVERY, { instance: null, schedule: null }),
      does: [created, 'create schedule schedule suspended planned'],
      reason: 'nothing is there yet',
    },
    {
      seen: observation({}, { instance: instanceRow(accepted, { config: { count: 9 } }) }),
      does: ['update instance config'],
      reason: 'a row was edited by hand',
    },
    {
      seen: observation({}, { instance: instanceRow(accepted, { displayName: 'Mine' }) }),
      does: [],
      reason: "a name that the spec leaves out is the owner's",
    },
    {
      seen: observation(
        { displayName: 'Ours' },
        { instance: instanceRow(revision(specOf({ displayName: 'Ours' })), { displayName: 'Mine' }) },
      ),
      does: ['update instance displayName'],
      reason: "a name that the spec says is the spec's",
    },
    {
      seen: observation({}, { schedule: scheduleRow(specOf(EVERY)) }),
      does: ['delete schedule schedule suspended planned'],
      reason: 'the spec has no schedule any more',
    },
    {
      seen: observation({ ...EVERY, enabled: false }),
      does: ['update schedule suspended planned'],
      reason: 'a disabled connector starts nothing',
    },
    {
      seen: observation(EVERY, { schedule: scheduleRow(specOf(EVERY), { pausedAt: NOW, dueAt: null }) }),
      does: [],
      reason: "the pause is the owner's",
    },
    {
      seen: observation(EVERY, { schedule: scheduleRow(specOf(EVERY), { dueAt: null, nextRunAt: null }) }),
      does: ['update schedule planned'],
      reason: 'a start that got lost is planned again',
    },
    {
      seen: observation(EVERY, { schedule: scheduleRow(specOf({ schedule: { every: '2h' } })) }),
      does: ['update schedule schedule'],
      reason: 'another interval',
    },
    {
      seen: observation({}, { instance: instanceRow(accepted, { phase: 'disabled' }) }),
      does: ['update instance'],
      reason: 'a switched-on instance begins its way back',
    },
    {
      seen: observation({}, { instance: instanceRow(accepted, { deletedAt: NOW, status: 'revoked', phase: 'disabled', enabled: false }) }),
      does: ['restore instance enabled'],
      reason: 'its document came back within the retention',
    },
    {
      seen: observation(EVERY, { instance: instanceRow(revision(specOf(EVERY)), { status: 'revoked', config: {} }) }),
      does: ['update schedule suspended planned'],
      reason: 'a revoked connection outranks its document',
    },
    { seen: observation({ mode: 'Observe' }, { instance: null }), does: [created], reason: 'Observe still tells its plan' },
    { seen: observation({}, { instance: null, row: { reconcilePausedAt: NOW } }), does: [], reason: 'the owner paused reconciliation' },
    { seen: observation({}, { inForce: null, instance: null, judgement: refused }), does: [], reason: 'nothing was ever accepted' },
    { seen: observation({}, { judgement: refused }), does: [], reason: 'a refused generation leaves the accepted one in force' },
  ])('$reason', ({ seen, does }) => {
    expect(deeds(seen)).toEqual(does);
  });

  it('Observe carries nothing out', () => {
    const plan = decide(observation({ mode: 'Observe', ...EVERY }, { instance: null, schedule: null }), NOW, settings);
    expect(plan).toMatchObject({ hold: 'observing', insertInstance: null, upsertSchedule: null, startRun: false, audit: [] });
  });

  it('saves the revision that an earlier refusal now admits, or whose type moved on', () => {
    const now = { ...accepted, connectorTypeVersion: '1.1.0' };
    const plan = decide(observation({}, { judgement: { findings: [], acceptance: now, withdrawn: false } }), NOW, settings);
    expect(plan.saveRevision).toMatchObject({ revision: accepted.revision, connectorTypeVersion: '1.1.0' });
    expect(plan.changes).toEqual([
      { object: 'instance', action: 'update', fields: [{ path: 'connectorTypeVersion', before: '1.0.0', after: '1.1.0' }] },
    ]);
  });

  it.each(['paused', 'draft'] as const)('[CI-5.1] plans no moment while the instance is %s, as its ticker leaves it', (status) => {
    const instance = instanceRow(revision(specOf(EVERY)), { status });
    const planned = decide(observation(EVERY, { instance }), NOW, settings);
    expect(planned.upsertSchedule).toMatchObject({ suspended: false, nextRunAt: null, dueAt: null });
    const ticked = scheduleRow(specOf(EVERY), { nextRunAt: null, dueAt: null });
    const rested = decide(observation(EVERY, { instance, schedule: ticked }), NOW, settings);
    expect(rested).toMatchObject({ upsertSchedule: null, changes: [], audit: [] });
    const resumed = decide(observation(EVERY, { schedule: ticked }), NOW, settings);
    expect(resumed.upsertSchedule).toMatchObject({ dueAt: expect.any(Date) });
  });

  it('is a function of what it is given', () => {
    const seen = observation(EVERY, { instance: null, schedule: null });
    expect(decide(seen, NOW, settings)).toEqual(decide(structuredClone(seen), NOW, settings));
  });

  it.each([
    { spec: EVERY, token: 'a', handled: 'a', does: false, result: 'recorded', reason: 'the token was handled' },
    { spec: EVERY, token: 'b', handled: 'a', does: true, result: 'pending', reason: 'a new token' },
    { spec: { enabled: false }, token: 'b', handled: 'a', does: false, result: 'Disabled', reason: 'a disabled connector does not run' },
  ])('run requests: $reason', ({ spec, token, handled, does, result }) => {
    const row = { annotations: { 'cynodeai.io/run-requested': token }, handledRequests: { run: { token: handled, result: 'recorded' } } };
    const plan = decide(observation(spec, { row }), NOW, settings);
    expect(plan.startRun).toBe(does);
    expect(plan.handledRequests['run']).toEqual({ token, result });
    expect(plan.requeueMs === null).toBe(!does);
  });

  it('cancel requests name the active run, or say that there is none', () => {
    const row = { annotations: { 'cynodeai.io/cancel-requested': 'x' } };
    const busy = decide(observation({}, { row, activeRun: run({ state: 'running' }) }), NOW, settings);
    expect(busy.cancelRun).toEqual({ instanceId: 'i', runId: 'r' });
    const idle = decide(observation({}, { row }), NOW, settings);
    expect(idle).toMatchObject({ cancelRun: null, handledRequests: { cancel: { token: 'x', result: 'NotFound' } } });
  });
});
