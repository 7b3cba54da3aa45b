import { durationMs } from '../../../schemas/fields/duration.ts';
import type { FindingDraft } from '../../apis/finding.ts';
import { type Rule, typeOf } from '../subject.ts';

/** The schedule can be read; how is handed in by the stage that runs it. */
export const scheduleRule: Rule = {
  name: 'schedule',
  reads: ['schedule'],
  judge({ spec: { schedule } }, context): FindingDraft[] {
    if (schedule === undefined) return [];
    return context.parseSchedule(schedule).map(({ at, message, hint }) => ({
      at: ['spec', 'schedule', ...at],
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
