import { describe, expect, test } from '@jest/globals';
import { isolationLines, tellIsolation } from '../../../../controller/serve/tell-isolation.ts';
import type { RuntimeIsolation } from '../../../../controller/store/processes/runtimes.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { createLog } from '../../../../platform/log.ts';
import { processStarted } from '../../../../platform/process-identity.ts';

const whole: RuntimeIsolation = { isolated: true, method: 'bubblewrap', limits: 'cgroup2', missing: [] };
const none: RuntimeIsolation = {
  isolated: false,
  method: 'process',
  reason: 'BubblewrapMissing',
  message: 'bwrap is not on the PATH',
  hint: 'install bubblewrap (Linux): apt-get install bubblewrap',
  limits: 'prlimit',
  missing: ['files', 'own uid', 'memory'],
};

describe('what is said about isolation', () => {
  test('a host that isolates says so, and which limits it cannot enforce', () => {
    expect(isolationLines(whole)).toEqual(['isolated connectors see no files and processes of this host but their own']);
    expect(isolationLines({ ...whole, missing: ['memory', 'cpu'] })[0]).toMatch(/own; not limited here: memory, cpu$/);
  });

  test('one that does not says Isolated=False, why, what that means and what would help', () => {
    expect(isolationLines(none)).toEqual([
      'Isolated=False: connectors can read what their user may read on this host (BubblewrapMissing: bwrap is not on the PATH); not limited here: memory',
      '         install bubblewrap (Linux): apt-get install bubblewrap',
    ]);
  });
});

test('the runtime that was started is told of, once, and not an earlier one with its pid', async () => {
  const pid = process.pid;
  const pidStarted = (await processStarted(pid)) as string;
  const stale = { processId: 'old', pid, pidStarted: 'before', isolation: whole };
  const own = { processId: 'new', pid, pidStarted, isolation: none };
  const said = Promise.withResolvers<string>();
  const all: string[] = [];
  let looks = 0;
  const telling = tellIsolation({
    view: {
      say: (text) => {
        all.push(text);
        said.resolve(text);
      },
    },
    db: {
      query: async () => {
        looks += 1;
        const rows = looks === 1 ? [stale] : [own, stale];
        return { rows: rows as unknown as Record<string, unknown>[], rowCount: rows.length };
      },
    },
    pid: () => pid,
    clock: systemClock,
    log: createLog({ role: 'test', clock: systemClock, write: () => undefined }),
    random: () => 0,
  });
  expect(await said.promise).toContain('Isolated=False');
  await telling.stop();
  expect([looks, all.length]).toEqual([2, 1]);
});
