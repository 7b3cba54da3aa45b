import { describe, expect, test } from '@jest/globals';
import { nextDue } from '../../../../controller/schedule/next-due.ts';
import type { ScheduleSpec } from '../../../../schemas/connector.ts';
import { uuidV7 } from '../../../../platform/ids.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string): Date => new Date(text);
const instanceId = '0195f000-0000-7000-8000-000000000001';

function due(
  schedule: ScheduleSpec,
  lastTickAt: string | null,
  now: string,
  extra: { instanceId?: string; anchorAt?: Date } = {},
): Date | null {
  const history = { instanceId, anchorAt: at('2026-01-01T00:00:00Z'), ...extra };
  return nextDue({ schedule, ...history, lastTickAt: lastTickAt === null ? null : at(lastTickAt), now: at(now) });
}

/** The next `count` due moments, each ticked on time. */
function walk(schedule: ScheduleSpec, from: string, count: number): string[] {
  const moments: string[] = [];
  let last = from;
  for (let i = 0; i < count; i++) {
    const next = due(schedule, last, last);
    if (next === null) break;
    last = next.toISOString();
    moments.push(last.replace(':00.000Z', 'Z'));
  }
  return moments;
}

describe('cron over changes of the clock', () => {
  const cases: [reason: string, cron: string, timeZone: string, from: string, moments: string[]][] = [
    [
      'Berlin, spring: a time in the gap comes right after it, once',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    [
      'Berlin, spring: two times in the gap are one start',
      '0,30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:00Z'],
    ],
    [
      'Berlin, spring: a rhythm goes on without a break',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:10Z',
      ['2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-29T01:30Z'],
    ],
    [
      'Berlin, autumn: a repeated time comes once',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'Berlin, autumn: a list of repeated times comes once',
      '0,30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:00Z', '2026-10-25T00:30Z', '2026-10-26T01:00Z'],
    ],
    [
      'Berlin, autumn: a rhythm runs through both hours',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:50Z',
      ['2026-10-25T00:00Z', '2026-10-25T00:30Z', '2026-10-25T01:00Z', '2026-10-25T01:30Z', '2026-10-25T02:00Z'],
    ],
    ['New York, spring', '15 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:15Z']],
    ['New York, autumn', '30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    [
      'Lord Howe, spring: the gap is half an hour',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00Z',
      ['2026-10-03T15:30Z', '2026-10-04T15:15Z'],
    ],
    [
      'Lord Howe, autumn: half an hour is repeated',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T00:00Z',
      ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
    [
      'Lord Howe, autumn: a rhythm',
      '*/15 * * * *',
      'Australia/Lord_Howe',
      '2026-04-04T14:40Z',
      ['2026-04-04T14:45Z', '2026-04-04T15:00Z', '2026-04-04T15:15Z', '2026-04-04T15:30Z'],
    ],
    ['Kathmandu: an offset of 5:45', '0 6 * * *', 'Asia/Kathmandu', '2026-04-04T12:00Z', ['2026-04-05T00:15Z', '2026-04-06T00:15Z']],
    ['UTC knows no change', '30 2 * * *', 'UTC', '2026-03-28T12:00Z', ['2026-03-29T02:30Z', '2026-03-30T02:30Z']],
    ['a leap day', '0 0 29 2 *', 'UTC', '2026-03-01T00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['weekdays', '0 9 * * 1-5', 'Europe/London', '2026-06-05T09:00Z', ['2026-06-08T08:00Z', '2026-06-09T08:00Z']],
  ];
  test.each(cases)('[CI-5.1] %s', (...[, cron, timeZone, from, moments]) => {
    expect(walk({ cron, timeZone }, from, moments.length)).toEqual(moments);
  });

  test('[CI-5.1] a chain of due moments never repeats one and misses none of a year, in any zone', () => {
    for (const timeZone of ['Europe/Berlin', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'Africa/Casablanca']) {
      const moments = walk({ cron: '30 2 * * *', timeZone }, '2026-01-01T00:00Z', 365).map((text) => Date.parse(text));
      const gaps = moments.slice(1).map((moment, i) => moment - (moments[i] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(22 * HOUR);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(26 * HOUR);
    }
  });
});

describe('every', () => {
  test('[CI-5.1] a schedule that never ran is due at once', () => {
    expect(due({ every: '1d' }, null, '2026-05-01T10:00:00Z')).toEqual(at('2026-05-01T10:00:00Z'));
    expect(due({ cron: '@yearly' }, null, '2026-05-01T10:00:00Z')).toEqual(at('2026-05-01T10:00:00Z'));
  });

  test('[CI-5.1] a thousand connectors made together do not start together the second time', () => {
    const now = '2026-05-01T10:00:00Z';
    const offsets = Array.from({ length: 1_000 }, (_, n) => {
      const id = uuidV7(Date.parse(now), Buffer.from(n.toString(16).padStart(20, '0'), 'hex'));
      const next = due({ every: '1h' }, now, now, { instanceId: id, anchorAt: at(now) });
      return (next?.getTime() ?? 0) - Date.parse(now);
    });
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(HOUR / 2);
    expect(Math.max(...offsets)).toBeLessThan(1.5 * HOUR);
    const perMinute = new Map<number, number>();
    for (const offset of offsets) perMinute.set(Math.floor(offset / MINUTE), (perMinute.get(Math.floor(offset / MINUTE)) ?? 0) + 1);
    expect(perMinute.size).toBe(60);
    expect(Math.max(...perMinute.values())).toBeLessThan(40);
  });

  test('[CI-5.1] from then on the interval is exact, through summer time too', () => {
    const moments = walk({ every: '6h' }, '2026-03-28T00:00:00Z', 12).map((text) => Date.parse(text));
    for (const [i, moment] of moments.slice(1).entries()) expect(moment - (moments[i] ?? 0)).toBe(6 * HOUR);
  });

  test('[CI-5.1] another interval takes effect from the last tick on', () => {
    const next = due({ every: '10m' }, '2026-05-01T10:00:00Z', '2026-05-01T10:01:00Z');
    expect(next?.getTime()).toBeGreaterThan(Date.parse('2026-05-01T10:05:00Z') - 1);
    expect(next?.getTime()).toBeLessThan(Date.parse('2026-05-01T10:15:00Z'));
  });

  test('[CI-5.1] a schedule that cannot be read is never due', () => {
    expect(due({ cron: 'nonsense' }, null, '2026-05-01T10:00:00Z')).toBeNull();
  });
});

describe('clock jumps', () => {
  const cases: [reason: string, schedule: ScheduleSpec, lastTickAt: string, now: string, from: string, to: string][] = [
    [
      'forward by a month: the next moment is ahead, not a row of past ones',
      { every: '1h' },
      '2026-05-01T10:00Z',
      '2026-06-01T10:00Z',
      '2026-06-01T10:00Z',
      '2026-06-01T11:00Z',
    ],
    [
      'back by seconds: the tick is not repeated',
      { cron: '0 6 * * *' },
      '2026-05-01T06:00:00Z',
      '2026-05-01T05:59:50Z',
      '2026-05-02T06:00Z',
      '2026-05-02T06:00Z',
    ],
    [
      'back by half an hour: a nightly run is not repeated',
      { cron: '0 6 * * *' },
      '2026-05-01T06:00Z',
      '2026-05-01T05:30Z',
      '2026-05-02T06:00Z',
      '2026-05-02T06:00Z',
    ],
    [
      'back by a year: cron goes on at once',
      { cron: '0 6 * * *' },
      '2027-05-01T06:00Z',
      '2026-05-01T05:00Z',
      '2026-05-01T06:00Z',
      '2026-05-01T06:00Z',
    ],
    [
      'back by a year: every goes on at once',
      { every: '1h' },
      '2027-05-01T06:00Z',
      '2026-05-01T05:00Z',
      '2026-05-01T05:00Z',
      '2026-05-01T06:00Z',
    ],
  ];
  test.each(cases)('[CI-5.1] %s', (...[, schedule, lastTickAt, now, from, to]) => {
    const next = due(schedule, lastTickAt, now)?.getTime();
    expect(next).toBeGreaterThanOrEqual(Date.parse(from));
    expect(next).toBeLessThanOrEqual(Date.parse(to));
  });
});

describe('jitter', () => {
  test('[CI-5.1] moves each start later by less than its bound, the same at every asking, differently for each moment and instance', () => {
    const plain = walk({ cron: '0 * * * *' }, '2026-05-01T00:40Z', 24);
    const moved = (id: string): number[] => {
      let last = '2026-05-01T00:40:00Z';
      return plain.map(() => {
        const next = due({ cron: '0 * * * *', jitter: '30m' }, last, last, { instanceId: id });
        last = next?.toISOString() ?? '';
        return Date.parse(last);
      });
    };
    const first = moved(instanceId);
    const delays = first.map((moment, i) => moment - Date.parse(plain[i] ?? ''));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(30 * MINUTE);
    expect(new Set(delays).size).toBeGreaterThan(20);
    expect(moved(instanceId)).toEqual(first);
    expect(moved('0195f000-0000-7000-8000-000000000002')).not.toEqual(first);
  });

  test('[CI-5.1] a jitter as long as the interval loses and doubles no start', () => {
    const moments = walk({ every: '1m', jitter: '1m' }, '2026-05-01T00:00:00Z', 600).map((text) => Date.parse(text));
    expect(new Set(moments).size).toBe(600);
    const span = (moments.at(-1) ?? 0) - (moments[0] ?? 0);
    expect(span / MINUTE).toBeGreaterThan(597);
    expect(span / MINUTE).toBeLessThan(601);
  });
});
