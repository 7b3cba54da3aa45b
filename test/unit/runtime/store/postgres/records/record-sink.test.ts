import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Session } from '../../../../../../platform/postgres/connect.ts';
import { createRecordSink } from '../../../../../../runtime/store/postgres/records/record-sink.ts';
import { packed } from '../../../../../gen/packed-record.ts';
import { assignment } from '../../../../../gen/run.ts';

const patience = { tries: 1, backoff: { initialMs: 1, maxMs: 1 }, random: () => 0 };
const MOVED = { held: 1, changed: 1, streams: 1, counted: 0, version: 7 };
/** More than any bound: a sink without one ends here instead of never. */
const FAR_TOO_MANY = 1_000;

/** Refuses the first batch for its content and answers every later one with moved versions. */
function movingVersions(): { db: Session; asked: () => number } {
  let asked = 0;
  const refused = new pg.DatabaseError('invalid text', 0, 'error');
  refused.code = '22P02';
  const db: Session = {
    async query() {
      asked++;
      if (asked === 1) throw refused;
      if (asked > FAR_TOO_MANY) throw new Error('asked without end');
      return { rows: [MOVED] } as never;
    },
  };
  return { db, asked: () => asked };
}

describe('the record sink', () => {
  test('gives up on halves of a batch whose versions keep moving', async () => {
    const { db, asked } = movingVersions();
    const flush = createRecordSink(db, patience).flush(assignment(), [packed('1', '{}'), packed('2', '{}')]);
    await expect(flush).rejects.toMatchObject({ reason: 'DatabaseUnavailable', hint: expect.stringContaining('stream_versions') });
    expect(asked()).toBe(11);
  });
});
