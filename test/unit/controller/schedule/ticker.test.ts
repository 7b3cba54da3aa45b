import { expect, test } from '@jest/globals';
import type { DueSchedule, ScheduleTicks, TickPlan } from '../../../../controller/apis/schedule-ticks.ts';
import { createTicker, TICK_BATCH } from '../../../../controller/schedule/ticker.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { systemIds } from '../../../../platform/ids.ts';
import { createLog } from '../../../../platform/log.ts';

/** Schedules of a fake that has `batches` to give; plans and log lines are kept. */
function ticker(batches: DueSchedule[][], msUntilDue: number | null) {
  const plans: TickPlan[] = [];
  const lines: string[] = [];
  let recalls = 0;
  const schedules: ScheduleTicks = {
    async tick(limit, plan) {
      expect(limit).toBe(TICK_BATCH);
      const batch = batches.shift() ?? [];
      plans.push(...batch.map(plan));
      return { claimed: batch.length, started: 0, skipped: 0, passedOver: batch.length };
    },
    msUntilDue: async () => msUntilDue,
    recallFutureTicks: async () => ++recalls,
  };
  const log = createLog({ role: 'test', clock: systemClock, write: (line) => void lines.push(line) });
  const pass = createTicker({ schedules, ids: systemIds(systemClock), clock: systemClock, log });
  return { pass: () => pass(new AbortController().signal), plans, lines, recalls: () => recalls };
}

function due(n: number, cron = '0 * * * *'): DueSchedule {
  const now = new Date('2026-05-01T10:00:01Z');
  return { instanceId: `i${n}`, schedule: { cron }, anchorAt: now, lastTickAt: null, dueAt: now, now, instance: 'free' };
}

test('[CI-5.R1] full batches are followed by the next at once, each tick with ids of its own', async () => {
  const many = Array.from({ length: TICK_BATCH + 3 }, (_, n) => due(n));
  const { pass, plans } = ticker([many.slice(0, TICK_BATCH), many.slice(TICK_BATCH)], 700);
  expect(await pass()).toBe(700);
  expect(new Set(plans.map((plan) => plan.runId)).size).toBe(TICK_BATCH + 3);
  expect(new Set(plans.map((plan) => plan.traceId)).size).toBe(TICK_BATCH + 3);
});

test('[CI-5.1] a stored schedule that cannot be read is told, and stops no other', async () => {
  const { pass, plans, lines } = ticker([[due(1, 'nonsense'), due(2)]], null);
  expect(await pass()).toBe(30_000);
  expect(plans.map((plan) => plan.decision.action)).toEqual(['none', 'run']);
  expect(lines.filter((line) => line.includes('"instance":"i1"') && line.includes('ScheduleInvalid'))).toHaveLength(1);
});

test('[CI-5.1] clocks that were ahead are looked for now and then, not in every pass', async () => {
  const { pass, recalls, lines } = ticker([], null);
  await pass();
  await pass();
  expect(recalls()).toBe(1);
  expect(lines.filter((line) => line.includes('a clock was ahead'))).toHaveLength(1);
});
