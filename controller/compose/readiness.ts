import { statfs } from 'node:fs/promises';
import type { Clock } from '../../platform/clock.ts';
import type { Loop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres/connect.ts';
import type { Readiness } from '../apis/gateway-ports.ts';
import type { SourceHealth } from '../sources/source-health.ts';
import type { RuntimeIsolation, RuntimeRow } from '../store/processes/runtimes.ts';

/** What readiness is judged by. */
export interface ReadinessParts {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Folder of the database, where it is ours, and of the runs. */
  readonly dataFolder: string;
  /** Loops that must have passed lately. */
  readonly loops: readonly Loop[];
  /** A loop whose last good pass is older is stuck, in milliseconds. */
  readonly loopPatienceMs: number;
  /** Doors of this process that list something, by name. */
  readonly sources: ReadonlyMap<string, () => SourceHealth>;
  /** A source whose last whole listing is older has failed for too long, in milliseconds. */
  readonly sourcePatienceMs: number;
  /** Runtimes that beat; what they say about isolation is told and judges nothing. */
  readonly runtimes: () => Promise<readonly RuntimeRow[]>;
}

type Check = Readiness['checks'][string];
const DATABASE_PATIENCE_MS = 2_000;
/** With less a database may still answer and yet store nothing: its log grows by 16 MiB at a time. */
const MIN_FREE_BYTES = 32 * 1_048_576;

/** Judges the database by a query, the disk by its free space, each loop by the age of its last good pass and each source by that of its last whole listing. Never throws. */
export async function judgeReadiness(parts: ReadinessParts): Promise<Readiness> {
  const nowMs = parts.clock.monotonicMs();
  const checks: Record<string, Check> = { database: await databaseCheck(parts.pool), disk: await diskCheck(parts.dataFolder) };
  for (const loop of parts.loops) checks[loop.name] = loopCheck(loop, parts.loopPatienceMs, nowMs);
  for (const [name, health] of parts.sources) checks[name] = sourceCheck(health(), parts.sourcePatienceMs, nowMs);
  const ready = Object.values(checks).every(({ ok }) => ok);
  // A database that does not answer would keep the probe waiting.
  const told = checks['database']?.ok === true ? await runtimeChecks(parts) : {};
  return { ready, checks: { ...checks, ...told } };
}

/** One entry a runtime, by process id; without any, runs wait, which is no reason to take the API away. */
async function runtimeChecks({ runtimes }: ReadinessParts): Promise<Record<string, Check>> {
  let found: readonly RuntimeRow[];
  try {
    found = await runtimes();
  } catch {
    return {}; // lost since it was asked: the next probe tells
  }
  if (found.length === 0) return { runtime: { ok: true, message: 'there is none: runs wait' } };
  return Object.fromEntries(
    found.map(({ processId, isolation }) => [`runtime:${processId}`, { ok: true, message: isolationWord(isolation) }]),
  );
}

/** `Isolated=True`, or why not. */
function isolationWord(isolation: RuntimeIsolation | null): string {
  if (isolation === null) return 'Isolated=Unknown';
  return isolation.isolated ? 'Isolated=True' : `Isolated=False: ${isolation.reason ?? 'Unknown'}: ${isolation.message ?? ''}`;
}

/** What is wrong is told at once; a source that was listed lately still counts as good, so that a swap of folders takes no API away. */
function sourceCheck({ listedAtMs, fault, holder }: SourceHealth, maxAgeMs: number, nowMs: number): Check {
  if (!holder) return { ok: true, message: 'another process holds it' };
  if (listedAtMs === null) return { ok: false, message: fault ?? 'has not been listed yet' };
  const ageMs = nowMs - listedAtMs;
  const ok = ageMs <= maxAgeMs;
  return { ok, message: fault ?? (ok ? 'is listed' : 'has not been listed for too long'), age_seconds: Math.round(ageMs / 1_000) };
}

async function databaseCheck(pool: Pool): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Check>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, message: `no answer within ${DATABASE_PATIENCE_MS / 1_000} s` }), DATABASE_PATIENCE_MS);
  });
  const asked = pool.query('select 1').then(
    (): Check => ({ ok: true, message: 'answers' }),
    (): Check => ({ ok: false, message: 'cannot be reached' }),
  );
  const check = await Promise.race([asked, late]);
  clearTimeout(timer);
  return check;
}

async function diskCheck(folder: string): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const freeMiB = Math.floor((bavail * bsize) / 1_048_576);
    const ok = bavail * bsize >= MIN_FREE_BYTES;
    return { ok, message: ok ? 'has space' : `is full: ${freeMiB} MiB are free in ${folder}` };
  } catch (error) {
    return { ok: false, message: `${folder} cannot be reached (${(error as NodeJS.ErrnoException).code})` };
  }
}

function loopCheck(loop: Loop, maxAgeMs: number, nowMs: number): Check {
  const passedAtMs = loop.lastPassAtMs();
  if (passedAtMs === undefined) return { ok: false, message: 'has not passed yet' };
  const ageMs = nowMs - passedAtMs;
  return {
    ok: ageMs <= maxAgeMs,
    message: ageMs <= maxAgeMs ? 'passes' : 'has not passed for too long',
    age_seconds: Math.round(ageMs / 1_000),
  };
}
