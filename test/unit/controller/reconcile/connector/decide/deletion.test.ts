import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../../../../controller/reconcile/connector/decide/decide.ts';
import type { Observation } from '../../../../../../controller/reconcile/connector/observation.ts';
import type { Plan } from '../../../../../../controller/reconcile/connector/decide/plan.ts';
import { instanceRow, NOW, observation, revision, run, scheduleRow, settings, specOf } from '../../../../../gen/observation.ts';

const ago = (ms: number): Date => new Date(NOW.getTime() - ms);
const removed = (spec: Parameters<typeof specOf>[0], parts: Partial<Observation> & { row?: object } = {}): Observation =>
  observation(spec, { ...parts, row: { deletionRequestedAt: ago(1_000), ...parts.row } });
const inShort = (plan: Plan) => ({
  retires: plan.retireInstance !== null,
  disables: plan.updateInstance?.enabled === false,
  unschedules: plan.removeSchedule,
  cancels: plan.cancelRun !== null,
  forgets: plan.forget,
});
const nothing = { retires: false, disables: false, unschedules: false, cancels: false, forgets: false };
const EVERY = { schedule: { every: '1h' } };

describe('removal of a document', () => {
  it.each<{ seen: Observation; plan: object; requeueMs: number | null; reason: string }>([
    {
      seen: removed(EVERY),
      plan: { retires: true, unschedules: true, forgets: true },
      requeueMs: null,
      reason: 'Uninstall is the default',
    },
    { seen: removed({}, { instance: null }), plan: { forgets: true }, requeueMs: null, reason: 'nothing was installed' },
    { seen: removed({}, { inForce: null, instance: null }), plan: { forgets: true }, requeueMs: null, reason: 'nothing was ever accepted' },
    {
      seen: removed(EVERY, { activeRun: run({ state: 'running' }) }),
      plan: { unschedules: true },
      requeueMs: 59_000,
      reason: 'a run drains within its grace',
    },
    {
      seen: removed({}, { activeRun: run({ state: 'pending' }) }),
      plan: { cancels: true },
      requeueMs: 5_000,
      reason: 'a run that has not started has nothing to drain',
    },
    {
      seen: removed({}, { activeRun: run({ state: 'running' }), row: { deletionRequestedAt: ago(60_000) } }),
      plan: { cancels: true },
      requeueMs: 5_000,
      reason: 'the grace is over',
    },
    {
      seen: removed({}, { activeRun: run({ state: 'running', cancelRequestedAt: NOW }), row: { deletionRequestedAt: ago(60_000) } }),
      plan: {},
      requeueMs: 5_000,
      reason: 'a cancelled run is waited for',
    },
    {
      seen: removed({}, { activeRun: run({ state: 'succeeded' }) }),
      plan: { retires: true, forgets: true },
      requeueMs: null,
      reason: 'a run that ended is no run',
    },
    {
      seen: removed({ ...EVERY, deletionPolicy: 'Disable' }),
      plan: { disables: true, unschedules: true, forgets: true },
      requeueMs: null,
      reason: 'Disable leaves it installed',
    },
    { seen: removed({ ...EVERY, deletionPolicy: 'Retain' }), plan: { forgets: true }, requeueMs: null, reason: 'Retain only forgets' },
    { seen: removed({ mode: 'Observe' }), plan: { forgets: true }, requeueMs: null, reason: 'Observe never mutates' },
    {
      seen: removed({}, { row: { reconcilePausedAt: NOW } }),
      plan: { retires: true, forgets: true },
      requeueMs: null,
      reason: 'a pause does not hold it up',
    },
  ])('$reason', ({ seen, plan, requeueMs }) => {
    const decided = decide(seen, NOW, settings);
    expect(inShort(decided)).toEqual({ ...nothing, ...plan });
    expect(decided.requeueMs).toBe(requeueMs);
  });

  it('goes by the policy in force, not by a refused one', () => {
    const seen = removed({ deletionPolicy: 'Retain' }, { judgement: { findings: [], acceptance: null, withdrawn: false } });
    expect(inShort(decide(seen, NOW, settings))).toEqual({ ...nothing, forgets: true });
  });

  it('names the states that it starts from, so that another writer is noticed', () => {
    const instance = instanceRow(revision(specOf()), { status: 'paused', phase: 'degraded' });
    expect(decide(removed({}, { instance }), NOW, settings).retireInstance).toEqual({
      namespace: 'default',
      name: 'a',
      instanceId: 'i',
      fromStatus: 'paused',
      fromPhase: 'degraded',
      retentionMs: settings.retentionMs,
    });
  });

  it('leaves a schedule that is not there alone', () => {
    const seen = removed({}, { schedule: null });
    expect(decide(seen, NOW, settings).removeSchedule).toBe(false);
    expect(decide(removed({}, { schedule: scheduleRow(specOf(EVERY)) }), NOW, settings).removeSchedule).toBe(true);
  });
});
