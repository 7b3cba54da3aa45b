import type { Clock } from '../../platform/clock.ts';
import type { Loop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres/connect.ts';
import type { Readiness } from '../apis/gateway-ports.ts';

/** What readiness is judged by. */
export interface ReadinessParts {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Loops that must have passed lately, with the age that is too old, in milliseconds. */
  readonly loops: () => readonly { loop: Loop; maxAgeMs: number }[];
}

type Check = Readiness['checks'][string];
const DATABASE_PATIENCE_MS = 2_000;

/** Judges the database by a query and each loop by the age of its last good pass. Never throws. */
export async function judgeReadiness({ pool, clock, loops }: ReadinessParts): Promise<Readiness> {
  const checks: Record<string, Check> = { database: await databaseCheck(pool) };
  for (const { loop, maxAgeMs } of loops()) checks[loop.name] = loopCheck(loop, maxAgeMs, clock.monotonicMs());
  return { ready: Object.values(checks).every(({ ok }) => ok), checks };
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
