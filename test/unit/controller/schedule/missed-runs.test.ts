import { describe, expect, test } from '@jest/globals';
import type { DueSchedule } from '../../../../controller/apis/schedule-ticks.ts';
import { decideTick } from '../../../../controller/schedule/missed-runs.ts';
import type { ScheduleSpec } from '../../../../schemas/connector.ts';

const at = (text: string): Date => new Date(text);
const hourly: ScheduleSpec = { cron: '0 * * * *' };

function dueSchedule(schedule: ScheduleSpec, change: Partial<DueSchedule> = {}): DueSchedule {
  return {
    instanceId: '0195f000-0000-7000-8000-000000000001',
    schedule,
    anchorAt: at('2026-05-01T00:00Z'),
    lastTickAt: at('2026-05-01T09:00Z'),
    dueAt: at('2026-05-01T10:00Z'),
    now: at('2026-05-01T10:00:01Z'),
    instance: 'free',
    ...change,
  };
}

describe('decideTick', () => {
  test('[CI-5.1] on time: one run, the next moment follows', () => {
    expect(decideTick(dueSchedule(hourly))).toEqual({
      action: 'run',
      scheduledFor: at('2026-05-01T10:00Z'),
      lastTickAt: at('2026-05-01T10:00Z'),
      nextRunAt: at('2026-05-01T11:00Z'),
    });
  });

  test('[CI-5.1] the first run has nothing to miss, however late it is found', () => {
    const first = dueSchedule(
      { ...hourly, startingDeadlineSeconds: 10, missedRuns: 'Skip' },
      { lastTickAt: null, now: at('2026-05-01T13:20Z') },
    );
    expect(decideTick(first)).toMatchObject({ action: 'run', lastTickAt: at('2026-05-01T13:20Z'), nextRunAt: at('2026-05-01T14:00Z') });
  });

  test('[RT-8.4] an active run: the tick is passed over without a row, the next moment follows', () => {
    expect(decideTick(dueSchedule(hourly, { instance: 'active' }))).toEqual({
      action: 'none',
      why: 'active',
      lastTickAt: at('2026-05-01T10:00Z'),
      nextRunAt: at('2026-05-01T11:00Z'),
    });
  });

  test('[RT-8.5] a stopped instance: the schedule rests', () => {
    expect(decideTick(dueSchedule(hourly, { instance: 'stopped' }))).toEqual({
      action: 'none',
      why: 'stopped',
      lastTickAt: null,
      nextRunAt: null,
    });
  });

  test('[CI-5.1] a stored schedule that no longer reads rests', () => {
    expect(decideTick(dueSchedule({ cron: '0 * * * *', timeZone: 'Mars/Olympus' }))).toMatchObject({ why: 'unreadable', nextRunAt: null });
  });

  const late = at('2026-05-02T03:20Z');
  const downtime: [reason: string, schedule: ScheduleSpec, now: Date, expected: Record<string, unknown>][] = [
    [
      'RunOnce: seventeen missed moments are one run, of the last',
      hourly,
      late,
      { action: 'run', scheduledFor: at('2026-05-02T03:00Z'), lastTickAt: at('2026-05-02T03:00Z'), nextRunAt: at('2026-05-02T04:00Z') },
    ],
    [
      'Skip: none is made up for',
      { ...hourly, missedRuns: 'Skip' },
      late,
      { action: 'skip', reason: 'StartingDeadlineMissed', scheduledFor: at('2026-05-02T03:00Z'), nextRunAt: at('2026-05-02T04:00Z') },
    ],
    [
      'Skip: a start found within a minute is on time',
      { ...hourly, missedRuns: 'Skip' },
      at('2026-05-02T03:00:50Z'),
      { action: 'run', scheduledFor: at('2026-05-02T03:00Z') },
    ],
    ['a deadline that holds the last moment', { ...hourly, startingDeadlineSeconds: 1_200 }, late, { action: 'run' }],
    [
      'a deadline that the last moment is past',
      { ...hourly, startingDeadlineSeconds: 1_199 },
      late,
      { action: 'skip', reason: 'StartingDeadlineMissed', message: expect.stringContaining('found 1200 s later') },
    ],
    ['a deadline outweighs Skip', { ...hourly, missedRuns: 'Skip', startingDeadlineSeconds: 3_000 }, late, { action: 'run' }],
    ['every second over a year costs no walk', { every: '1s' }, at('2027-05-01T10:00Z'), { action: 'run' }],
    [
      'every minute by cron over a year costs no walk',
      { cron: '* * * * *' },
      at('2027-05-01T10:00Z'),
      { action: 'run', scheduledFor: at('2027-05-01T10:00Z') },
    ],
  ];
  test.each(downtime)('[CI-5.1] downtime: %s', (_, schedule, now, expected) => {
    expect(decideTick(dueSchedule(schedule, { now }))).toMatchObject(expected);
  });

  const setBack: [reason: string, change: Partial<DueSchedule>, expected: Record<string, unknown>][] = [
    [
      'claimed before its time: only planned again',
      { now: at('2026-05-01T09:30Z') },
      { nextRunAt: at('2026-05-01T10:00Z'), lastTickAt: null },
    ],
    [
      'a last tick of half an hour ahead is believed',
      { lastTickAt: at('2026-05-01T10:00Z'), dueAt: at('2026-05-01T09:30Z'), now: at('2026-05-01T09:30Z') },
      { nextRunAt: at('2026-05-01T11:00Z'), lastTickAt: null },
    ],
    [
      'a last tick of a year ahead is forgotten',
      { lastTickAt: at('2027-05-01T10:00Z'), dueAt: at('2026-05-01T09:30Z'), now: at('2026-05-01T09:30Z') },
      { nextRunAt: at('2026-05-01T10:00Z'), lastTickAt: at('2026-05-01T09:30Z') },
    ],
  ];
  test.each(setBack)('[CI-5.1] clock set back: %s', (_, change, expected) => {
    expect(decideTick(dueSchedule(hourly, change))).toMatchObject({ action: 'none', why: 'not_due', ...expected });
  });
});
