import { describe, expect, test } from '@jest/globals';
import { parseSchedule } from '../../../../controller/schedule/parse-schedule.ts';
import type { ScheduleSpec } from '../../../../schemas/connector.ts';

describe('parseSchedule', () => {
  const good: [reason: string, spec: ScheduleSpec][] = [
    ['the shortest interval', { every: '1s' }],
    ['the longest interval', { every: '366d' }],
    ['an interval of several units', { every: '1h30m' }],
    ['five fields', { cron: '*/15 6-18 * * MON-FRI' }],
    ['Sunday as 7', { cron: '0 0 * * 7' }],
    ['surplus white space', { cron: '  0   6 * *  1 ' }],
    ['a macro, in any case', { cron: '@Daily', timeZone: 'Asia/Kathmandu' }],
    ['a leap day comes, if rarely', { cron: '0 0 29 2 *' }],
    ['jitter as long as the interval', { every: '10m', jitter: '10m' }],
    ['jitter of an hour with cron', { cron: '@hourly', jitter: '1h' }],
    ['a zone with half-hour summer time', { cron: '0 6 * * *', timeZone: 'Australia/Lord_Howe' }],
  ];
  test.each(good)('[CI-5.1] reads %s', (_, spec) => {
    expect(parseSchedule(spec)).toMatchObject({ ok: true });
  });

  const bad: [reason: string, spec: ScheduleSpec, at: string[][], message: RegExp][] = [
    ['neither every nor cron', {}, [[]], /neither/],
    ['both every and cron', { every: '1h', cron: '@daily' }, [[]], /both/],
    ['an interval below a second', { every: '999ms' }, [['every']], /out of bounds/],
    ['an interval above 366 days', { every: '367d' }, [['every']], /out of bounds/],
    ['no duration', { every: 'often' }, [['every']], /not a duration/],
    ['four fields', { cron: '0 6 * *' }, [['cron']], /5 fields.*has 4/],
    ['six fields', { cron: '0 0 6 * * *' }, [['cron']], /has 6/],
    ['a date', { cron: '2026-01-01T00:00:00' }, [['cron']], /has 1/],
    ['a minute of 60', { cron: '60 * * * *' }, [['cron']], /minute/],
    ['a step of 0', { cron: '*/0 * * * *' }, [['cron']], /stepping/],
    ['? which would depend on the moment of reading', { cron: '? * * * *' }, [['cron']], /\? is not supported/],
    ['@reboot, which is no time', { cron: '@reboot' }, [['cron']], /none of @yearly/],
    ['a date that never comes', { cron: '0 0 31 2 *' }, [['cron']], /never comes/],
    ['an unknown zone', { cron: '@daily', timeZone: 'Europe/Atlantis' }, [['timeZone']], /not an IANA/],
    ['an offset, which knows no summer time', { cron: '@daily', timeZone: '+02:00' }, [['timeZone']], /not an IANA/],
    ['jitter above the interval', { every: '10m', jitter: '11m' }, [['jitter']], /too long/],
    ['jitter above an hour with cron', { cron: '@daily', jitter: '2h' }, [['jitter']], /too long/],
    ['two faults at once', { every: 'x', jitter: 'y' }, [['every'], ['jitter']], /not a duration/],
  ];
  test.each(bad)('[CI-5.1] refuses %s, with the field and a hint', (_, spec, at, message) => {
    const parsed = parseSchedule(spec);
    if (parsed.ok) throw new Error('it was read');
    expect(parsed.faults.map((fault) => fault.at)).toEqual(at);
    expect(parsed.faults[0]?.message).toMatch(message);
    for (const fault of parsed.faults) expect(fault.hint).not.toBe('');
  });
});
