import { expect, test } from '@jest/globals';
import { findLostProcesses } from '../../../../controller/dispatch/lost-processes.ts';
import type { Sighting } from '../../../../platform/beat/observer.ts';

function sighting(processId: string, verdict: Sighting['verdict'], host: string, pid: number): Sighting {
  return { verdict, row: { processId, role: 'runtime', host, pid, pidStarted: 'then', beat: 1, stopped: false } };
}

test('[RT-6.5] only a pid that is gone on this host is dead; a stopped one, a reused one and another host are told apart', async () => {
  const sightings = [
    sighting('alive', 'alive', 'here', 1),
    sighting('new', 'waiting', 'here', 1),
    sighting('done', 'stopped', 'there', 5),
    sighting('gone', 'lost', 'here', 2),
    sighting('reused', 'lost', 'here', 3),
    sighting('stuck', 'lost', 'here', 4),
    sighting('elsewhere', 'lost', 'there', 2),
  ];
  const started: Record<number, string> = { 3: 'later', 4: 'then' };
  expect(await findLostProcesses({ look: async () => sightings }, 'here', async (pid) => started[pid])).toEqual([
    { processId: 'done', proof: 'stopped' },
    { processId: 'gone', proof: 'dead' },
    { processId: 'reused', proof: 'dead' },
    { processId: 'stuck', proof: 'silent' },
    { processId: 'elsewhere', proof: 'silent' },
  ]);
});
