import { durationMs } from '../../../schemas/fields/duration.ts';
import type { FindingDraft } from '../../apis/finding.ts';
import { type Rule, typeOf } from '../subject.ts';

/** Exactly one of every and cron, and both readable. */
export const scheduleRule: Rule = {
  name: 'schedule',
  reads: ['schedule'],
  judge({ spec: { schedule } }, context): FindingDraft[] {
    if (schedule === undefined) return [];
    const at = ['spec', 'schedule'];
    if ((schedule.every === undefined) === (schedule.cron === undefined)) {
      const message = schedule.every === undefined ? 'the schedule has neither every nor cron' : 'the schedule has both every and cron';
      return [{ at, reason: 'ScheduleInvalid', message }];
    }
    if (schedule.every !== undefined && (durationMs(schedule.every) ?? 0) === 0) {
      return [{ at: [...at, 'every'], reason: 'ScheduleInvalid', message: 'every is no time at all, or too long to count' }];
    }
    return context.parseSchedule(schedule).map(({ field, message, hint }) => ({
      at: field === undefined ? at : [...at, field],
      reason: 'ScheduleInvalid',
      message,
      ...(hint === undefined ? {} : { hint }),
    }));
  },
};

/** A schedule denser than the poll interval of the type is told; the interval is the floor. */
export const scheduleFloorRule: Rule = {
  name: 'scheduleFloor',
  reads: ['type', 'typeVersion', 'schedule'],
  judge(subject): FindingDraft[] {
    const floor = typeOf(subject)?.spec.polling?.interval;
    const every = subject.spec.schedule?.every;
    if (floor === undefined || every === undefined || (durationMs(every) ?? 0) >= (durationMs(floor) ?? 0)) return [];
    return [
      {
        at: ['spec', 'schedule', 'every'],
        reason: 'ScheduleBelowFloor',
        message: `runs start at most every ${floor}, the poll interval of the type`,
      },
    ];
  },
};
