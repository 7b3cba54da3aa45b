import { randomUUID } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pool } from '../../../platform/postgres/connect.ts';
import type { RunKey } from '../../../runtime/apis/run.ts';
import { storeRun, typeSpec } from '../../gen/stored-run.ts';

/** Files of one bench: what the product keeps, and the programs of its connectors. */
export interface BenchFolder {
  readonly path: string;
  /** Data folder of runtime and controller. */
  readonly data: string;
  remove(): void;
}

/** Makes the folder of one bench, through which a connector's own uid may pass. */
export function makeBenchFolder(): BenchFolder {
  const path = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const data = join(path, 'data');
  mkdirSync(data);
  for (const folder of [path, data]) chmodSync(folder, 0o755);
  return { path, data, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Connectors of one type, whose program is a file of this bench. */
export interface BenchConnectors {
  /** Relative to `test/bench/`; the first is the program, the others are what it imports. */
  readonly files: readonly [string, ...string[]];
  readonly args?: readonly string[];
  /** Default 1. */
  readonly count?: number;
}

/** Where the program of a bench connector is before it is copied. */
export function programFile(file: string): string {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}

/** Stores a type, connectors of it and a run of each, which become due all at once when everything is there. */
export async function seedConnectors(pool: Pool, folder: BenchFolder, connectors: BenchConnectors): Promise<RunKey[]> {
  const { files, args = [], count = 1 } = connectors;
  const type = `bench-${randomUUID()}`;
  const keys: RunKey[] = [];
  for (let n = 0; n < count; n++) keys.push(await storeRun(pool, { type, dueAt: `now() + interval '1 hour'` }));
  const spec = typeSpec();
  const document = { ...spec, runtime: { ...spec.runtime, command: ['node', files[0], ...args] } };
  const origin = { kind: 'folder', folder: copyProgram(join(folder.path, 'types', type), files) };
  await pool.query('update connector_types set document = $2, origin = $3 where connector_key = $1', [
    type,
    JSON.stringify(document),
    JSON.stringify(origin),
  ]);
  await pool.query(`update runs set due_at = now() where connector_key = $1`, [type]);
  await pool.query(`select pg_notify('runs_due', '')`);
  return keys;
}

/** The files keep their places to each other. Every uid may read them. */
function copyProgram(typeFolder: string, files: readonly string[]): string {
  for (const file of files) {
    const copy = join(typeFolder, file);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(programFile(file), copy);
    chmodSync(copy, 0o644);
    for (let above = dirname(copy); above !== dirname(dirname(typeFolder)); above = dirname(above)) chmodSync(above, 0o755);
  }
  return typeFolder;
}
