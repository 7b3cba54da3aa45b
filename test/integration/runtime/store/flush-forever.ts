import { openPool } from '../../../../platform/postgres/connect.ts';
import type { RunKey } from '../../../../runtime/apis/run.ts';
import { defaultPatience } from '../../../../runtime/store/postgres/patience.ts';
import { createRecordSink } from '../../../../runtime/store/postgres/records/record-sink.ts';
import { packed } from '../../../gen/packed-record.ts';

// A writer to be stopped: flushes one new record after the other until its lease is lost, tells each on stdout, and what ended it.
const [url, key] = JSON.parse(process.argv[2] ?? '') as [string, RunKey];
const pool = openPool(url, { name: 'flush-forever', max: 2 });
const sink = createRecordSink(
  pool,
  defaultPatience(() => 0),
);
try {
  for (let n = 0; ; n++) {
    await sink.flush(key, [packed(`n${n}`, `{"n":${n}}`)]);
    process.stdout.write(`wrote n${n}\n`);
  }
} catch (error) {
  process.stdout.write(`ended ${(error as { reason?: string }).reason}\n`);
} finally {
  await pool.end();
}
