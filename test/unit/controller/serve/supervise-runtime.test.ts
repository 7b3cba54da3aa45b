import { afterEach, expect, test } from '@jest/globals';
import { RuntimeSupervisor, type RuntimeProgram } from '../../../../controller/serve/supervise-runtime.ts';
import { systemClock } from '../../../../platform/clock.ts';

const running: RuntimeSupervisor[] = [];
afterEach(async () => {
  for (const supervisor of running.splice(0)) await supervisor.stop();
});

/** Supervises a small program of Node; `onLine` gets what it writes to stderr. */
function supervise(
  script: string,
  more: Partial<RuntimeProgram> = {},
): { told: { message: string; facts: Record<string, unknown> }[]; supervisor: RuntimeSupervisor } {
  const told: { message: string; facts: Record<string, unknown> }[] = [];
  const keep = (facts: Record<string, unknown>, message: string): void => void told.push({ message, facts });
  const program = {
    argv: [process.execPath, '-e', script] as const,
    env: { PATH: process.env['PATH'] },
    restartMs: 1,
    restartMaxMs: 5,
    stopMs: 20_000,
  };
  const supervisor = new RuntimeSupervisor({ ...program, ...more } as RuntimeProgram, systemClock, { info: keep, warn: keep });
  running.push(supervisor);
  supervisor.start();
  return { told, supervisor };
}

test('lines of the runtime reach whoever takes them, and the end of its stdin stops it in order', async () => {
  const first = Promise.withResolvers<string>();
  const { told, supervisor } = supervise('console.error("ready"); process.stdin.on("end", () => process.exit(0)).resume()', {
    onLine: (line) => first.resolve(line),
  });
  expect(await first.promise).toBe('ready');
  await supervisor.stop();
  expect(told).toEqual([{ message: 'runtime stopped', facts: { code: 0, signal: null } }]);
});

test('a runtime that dies is started again', async () => {
  const lines: string[] = [];
  const twice = Promise.withResolvers<void>();
  const { told } = supervise('console.error("up"); process.exit(3)', {
    onLine: (line) => {
      lines.push(line);
      if (lines.length === 2) twice.resolve();
    },
  });
  await twice.promise;
  expect(told[0]).toMatchObject({ message: 'runtime died and is started again', facts: { code: 3 } });
});

test('one that does not stop when it is told to is killed: leases and reapers make that safe', async () => {
  const up = Promise.withResolvers<void>();
  const { told, supervisor } = supervise('console.error("up"); process.stdin.resume(); setInterval(() => 0, 1000)', {
    stopMs: 50,
    onLine: () => up.resolve(),
  });
  await up.promise;
  await supervisor.stop();
  expect(told.map(({ message }) => message)).toEqual(['runtime did not stop in time and is killed', 'runtime stopped']);
  expect(told[1]?.facts).toEqual({ code: null, signal: 'SIGKILL' });
});
