import { describe, expect, test } from '@jest/globals';
import { eventCursor } from '../../../../../runtime/run/converse/event-cursor.ts';

describe('a cursor in an event', () => {
  const cases: readonly [text: string, shown: unknown, reason: string][] = [
    ['null', null, 'it clears the stored one'],
    ['{"at":1,"d":0.5,"t":"9007199254740993"}', { at: 1, d: 0.5, t: '9007199254740993' }, 'a double holds these numbers'],
    ['{"n":9007199254740993}', { n: '9007199254740993' }, 'a double would change it'],
    ['{"l":[0.12345678901234567890]}', { l: ['0.12345678901234567890'] }, 'a double would change it'],
    [`{"t":"${'x'.repeat(9_000)}"}`, { truncated: true, bytes: 9_008 }, 'an event is no place for it'],
  ];
  test.each(cases)('%#', (text, shown, reason) => {
    expect({ shown: eventCursor(text), reason }).toEqual({ shown, reason });
  });
});
