import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Transform } from 'node:stream';
import type { RunParts } from '../../../../runtime/run/run-parts.ts';
import { RunStop, type StopCause } from '../../../../runtime/run/run-stop.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { type Executor, openExecutor } from '../../../gen/executor.ts';
import { record } from '../../../gen/protocol.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const done = { type: 'DONE', status: 'succeeded', records_emitted: 1 };
const state = { type: 'STATE', stream: 'items', cursor: { at: 1 } };

// The plain form works everywhere; `auto` is bubblewrap where there is one.
describe.each(['process', 'auto'] as const)('in the sandbox form "%s"', (method) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openExecutor(database.url, method);
  });
  afterAll(() => executor.close());

  /** A run that is stopped once the connector has told that it works; it ignores SIGTERM. */
  async function stopped(cause: StopCause, trigger: 'manual' | 'schedule' = 'manual', parts: Partial<RunParts> = {}) {
    const stop = new RunStop();
    const { journal } = executor.parts;
    const append: RunParts['journal']['append'] = async (key, events) => {
      await journal.append(key, events);
      if (events.some(({ type }) => type === 'run.progress_reported')) stop.stop(cause);
    };
    const output = [record(), state, { type: 'PROGRESS', message: 'working' }];
    const script = 'trap "" TERM; read start; cat "$OUT"; sleep 60 & sleep 60; sleep 60';
    return executor.run({ output, script, stop, trigger, parts: { journal: { ...journal, append }, ...parts } });
  }

  test('[PROTO-11] stdin ends after DONE, when the records are stored', async () => {
    const { sandbox, openIngest } = executor.parts;
    const order: string[] = [];
    const parts: Partial<RunParts> = {
      openIngest: (key) => {
        const ingest = openIngest(key);
        const close = async (): Promise<void> => {
          await ingest.close();
          order.push('stored');
        };
        return {
          write: (message, bytes) => ingest.write(message, bytes),
          barrier: () => ingest.barrier(),
          abort: () => ingest.abort(),
          close,
        };
      },
      sandbox: {
        ...sandbox,
        launch: async (spec) => {
          const child = await sandbox.launch(spec);
          void once(child.stdin, 'finish').then(() => order.push('end of stdin'));
          return child;
        },
      },
    };
    const ran = await executor.run({ output: [record(), done], script: 'read start; cat "$OUT"; cat >/dev/null; exit 0', parts });
    expect(ran.row.state).toBe('succeeded');
    expect(order.slice(0, 2)).toEqual(['stored', 'end of stdin']);
  });

  test('[PROTO-12] a run that takes longer than its time is ended', async () => {
    const script = 'read start; cat "$OUT"; exec sleep 60';
    const ran = await executor.run({ output: [record(), state], script, spec: { execution: { timeoutSeconds: 1 } } });
    expect(ran.row).toMatchObject({ state: 'failed', reason: 'DeadlineExceeded', failure_class: 'transient' });
    expect(ran.cursors).toEqual({});
    expect(ran.alive).toEqual([]);
  });

  test('[PROTO-12] a connector that ignores SIGTERM is killed with all that it started', async () => {
    const ran = await stopped('cancel');
    expect(ran.row).toMatchObject({ state: 'cancelled' });
    expect(ran.terminal['kill_escalated']).toBe(true);
    expect(ran.terminal['orphans_killed']).toBeGreaterThanOrEqual(1);
    expect(ran.alive).toEqual([]);
  });

  test('a manual run that is handed over ends abandoned, a scheduled one is tried again', async () => {
    const manual = await stopped('handover');
    expect(manual.row).toMatchObject({ state: 'abandoned', reason: 'RuntimeStopped' });
    expect(manual.terminal).toMatchObject({ terminal_reason: 'RuntimeStopped', checkpoint_status: 'not_committed' });
    const scheduled = await stopped('handover', 'schedule', { maxRetries: 3 });
    expect(scheduled.row).toMatchObject({ state: 'pending', attempt: 2, reason: 'RuntimeStopped' });
    expect(scheduled.terminal).toEqual({ terminalEvents: 0 });
    expect([...manual.alive, ...scheduled.alive]).toEqual([]);
  });

  test('a runtime without a beat ends its connector at once, and tells the end if it still may', async () => {
    const ran = await stopped('beat_lost');
    expect(ran.row).toMatchObject({ state: 'abandoned', reason: 'RuntimeLost' });
    expect(ran.cursors).toEqual({});
    expect(ran.alive).toEqual([]);
  });

  test('the last words on stderr of a connector that dies are in its log', async () => {
    const script = 'read start; head -c 100000 /dev/zero | tr "\\0" x >&2; echo >&2; echo "Traceback: the end" >&2; exit 1';
    const ran = await executor.run({ script });
    expect(ran.row).toMatchObject({ state: 'failed', reason: 'connector_exit_without_done' });
    expect(ran.log?.log).toMatch(/Traceback: the end\n$/);
    expect(ran.log?.log.length).toBeLessThanOrEqual(16_384);
    expect(ran.log?.bytes_observed).toBe(100_001 + 'Traceback: the end\n'.length);
  });

  test('what stderr holds back is waited for when everything else has ended', async () => {
    const { sandbox } = executor.parts;
    const launch: RunParts['sandbox']['launch'] = async (spec) => {
      const child = await sandbox.launch(spec);
      const transform = (chunk: Buffer, _encoding: string, pass: (error: null, chunk: Buffer) => void): void => {
        setTimeout(() => pass(null, chunk), 100);
      };
      const stderr = new Transform({ transform });
      child.stderr.pipe(stderr);
      // What is not read by then is lost with the pipe.
      const dispose: typeof child.dispose = () => {
        stderr.destroy();
        return child.dispose();
      };
      return { ...child, stderr, dispose };
    };
    const ran = await executor.run({ script: 'read start; echo "the end" >&2; exit 1', parts: { sandbox: { ...sandbox, launch } } });
    expect(ran.log?.log).toBe('the end\n');
  });

  test('a failure that may pass is tried again, and the next attempt ends the run', async () => {
    const first = await executor.run({ output: [record()], trigger: 'manual', parts: { maxRetries: 2 } });
    expect(first.row).toMatchObject({ state: 'pending', attempt: 2, reason: 'connector_exit_without_done' });
    expect(first.events.map(({ type }) => type)).toEqual(['run.started', 'run.attempt_failed']);
  });

  test('[PROTO-12] a connector over its memory limit is told so, where the kernel enforces it', async () => {
    const { isolation } = executor.parts.sandbox;
    const script = 'read start; exec node -e "const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))"';
    const ran = await executor.run({ script, spec: { execution: { resources: { memory: '128Mi' }, timeoutSeconds: 5 } } });
    const reasons = isolation.limits === 'prlimit' ? ['connector_exit_without_done', 'DeadlineExceeded'] : ['OutOfMemory'];
    expect(reasons).toContain(ran.row.reason);
    expect(ran.alive).toEqual([]);
  });
});
