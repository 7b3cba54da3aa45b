import { describe, expect, test } from '@jest/globals';
import { isCronFault, readCron } from '../../../../controller/schedule/cron-recurrence.ts';
import { everyInterval, jittered, type Recurrence } from '../../../../controller/schedule/recurrence.ts';

function cron(expression: string, timeZone: string): Recurrence {
  const read = readCron(expression, timeZone);
  if (isCronFault(read)) throw new Error(read.message);
  return read;
}

describe('both directions agree', () => {
  const recurrences: [name: string, recurrence: Recurrence, from: string][] = [
    ['every 7 minutes', everyInterval(new Date('2026-01-01T00:03Z'), 420_000), '2025-12-31T00:00Z'],
    ['every 7 minutes with jitter', jittered(everyInterval(new Date('2026-01-01T00:03Z'), 420_000), 420_000, 'a'), '2025-12-31T00:00Z'],
    ['cron, Berlin in spring', cron('*/30 1-3 * * *', 'Europe/Berlin'), '2026-03-28T00:00Z'],
    ['cron, Berlin in autumn', cron('*/30 * * * *', 'Europe/Berlin'), '2026-10-24T20:00Z'],
    ['cron, Berlin in autumn, fixed time', cron('30 2 * * *', 'Europe/Berlin'), '2026-10-20T00:00Z'],
    ['cron, Lord Howe in spring', cron('*/15 * * * *', 'Australia/Lord_Howe'), '2026-10-03T12:00Z'],
    ['cron, Lord Howe in autumn', cron('15,45 1-2 * * *', 'Australia/Lord_Howe'), '2026-04-03T00:00Z'],
    ['cron with jitter', jittered(cron('0 * * * *', 'UTC'), 3_600_000, 'b'), '2026-04-03T00:00Z'],
  ];
  test.each(recurrences)('[CI-5.1] %s', (_, recurrence, from) => {
    let moment = recurrence.after(new Date(from));
    for (let i = 0; i < 60 && moment !== null; i++) {
      const next = recurrence.after(moment);
      expect(next?.getTime()).toBeGreaterThan(moment.getTime());
      expect(recurrence.atOrBefore(moment)).toEqual(moment);
      if (next !== null) expect(recurrence.atOrBefore(new Date(next.getTime() - 1))).toEqual(moment);
      moment = next;
    }
    expect(moment).not.toBeNull();
  });
});
