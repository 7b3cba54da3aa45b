import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ConnectorExit, Disposal, LaunchSpec, Sandbox, SandboxChild } from '../../../../runtime/apis/sandbox.ts';
import { openSandbox } from '../../../../runtime/sandbox/sandbox.ts';

/** One sandbox with folders of its own; what `npm start` would have around it. */
export interface Fixture {
  sandbox: Sandbox;
  /** Holds `data` (hidden, with `client.json` and database files), `types` and what a test adds. */
  folder: string;
  /** Starts a shell script as a connector. */
  start(script: string, changes?: Partial<LaunchSpec>): Promise<SandboxChild>;
  /** Starts it and waits for everything: what it wrote and how it ended. */
  run(script: string, changes?: Partial<LaunchSpec>): Promise<{ out: string; err: string; exit: ConnectorExit; disposal: Disposal }>;
  close(): Promise<void>;
}

/** Forms that are tested: bubblewrap where it works, and always the plain one. */
export const methods = ['auto', 'process'] as const;

/** Opens a sandbox in a new folder that others can pass through. */
export async function openFixture(method: 'auto' | 'process'): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  for (const path of [data, join(data, 'postgres'), join(folder, 'types')]) mkdirSync(path, { mode: 0o755 });
  chmodSync(join(data, 'postgres'), 0o700);
  writeFileSync(join(data, 'client.json'), '{"token": "planted"}', { mode: 0o600 });
  writeFileSync(join(data, 'postgres', 'PG_VERSION'), 'planted', { mode: 0o600 });
  const sandbox = await openSandbox({ runsFolder: join(data, 'runs'), hiddenPaths: [data], hostEnvironment: process.env, method });
  let runs = 0;
  const start = (script: string, changes: Partial<LaunchSpec> = {}): Promise<SandboxChild> =>
    sandbox.launch({
      runId: `run-${runs++}`,
      command: ['/bin/sh', '-c', script],
      cwd: join(folder, 'types'),
      readPaths: [],
      environment: (work) => ({ PATH: '/usr/bin:/bin', TMPDIR: join(work, 'tmp'), HOME: work }),
      limits: {},
      ...changes,
    });
  const run: Fixture['run'] = async (script, changes) => {
    const child = await start(script, changes);
    child.stdin.on('error', () => undefined).end();
    const [out, err, exit] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
    return { out, err, exit, disposal: await child.dispose() };
  };
  const close = async (): Promise<void> => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { sandbox, folder, start, run, close };
}

/** Waits until something holds, asking again and again for at most ten seconds. */
export async function eventually<T>(probe: () => T | undefined | false): Promise<T> {
  for (let asked = 0; asked < 500; asked++) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it did not come: ${String(probe)}`);
}
