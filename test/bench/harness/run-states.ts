import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../../platform/postgres/connect.ts';
import type { RunKey } from '../../../runtime/apis/run.ts';

const POLL_MS = 10;

/** Waits until all of these runs have ended; throws unless each of them succeeded. `maxMs` bounds a bench that hangs. */
export async function whenSucceeded(pool: Pool, keys: readonly RunKey[], maxMs: number): Promise<void> {
  const untilMs = performance.now() + maxMs;
  const ids = keys.map((key) => key.runId);
  for (;;) {
    const { rows } = await pool.query<{ state: string; reason: string | null; message: string | null }>(
      `select state, reason, message from runs where run_id = any($1::uuid[])
          and state in ('succeeded', 'failed', 'cancelled', 'abandoned')`,
      [ids],
    );
    const bad = rows.find((row) => row.state !== 'succeeded');
    if (bad !== undefined) throw new Error(`a run of the bench ended ${bad.state}: ${bad.reason} ${bad.message}`);
    if (rows.length === ids.length) return;
    if (performance.now() > untilMs) throw new Error(`${ids.length - rows.length} runs of the bench did not end in time`);
    await sleep(POLL_MS);
  }
}
