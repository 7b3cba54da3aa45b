import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startIsolatedTree } from '../../../../runtime/sandbox/bubblewrap/bubblewrap-tree.ts';
import { enterScript } from '../../../../runtime/sandbox/launch-scripts.ts';
import type { ProcessTree } from '../../../../runtime/sandbox/tree.ts';

describe('a launch that does not come to its start', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'launch-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Launches with a program in the place of bubblewrap that does this. */
  function launch(script: string): Promise<ProcessTree> {
    const file = join(folder, 'bwrap');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return startIsolatedTree({
      workFolder: folder,
      command: ['true'],
      environment: {},
      uid: undefined,
      enter: [enterScript({}), 'connector-enter', '--'],
      groupPids: undefined,
      bubblewrap: { file, setpriv: '', as: 'user', disableUserns: false },
      folder: '/',
      mounts: [],
      path: '/usr/bin:/bin',
    });
  }

  test('because it was killed is the end of a connector, which is tried again', async () => {
    await expect(launch('kill -9 $$')).rejects.toMatchObject({ reason: 'connector_exit_without_done' });
  });

  test('because the isolation does not work is told as that, with its words', async () => {
    const refused = { reason: 'SandboxUnavailable', message: expect.stringContaining('no namespace') };
    await expect(launch('echo no namespace >&2; exit 1')).rejects.toMatchObject(refused);
  });
});
