import type { ObjectKey } from '../../apis/ports.ts';
import { decide } from './decide/decide.ts';
import type { Plan } from './decide/plan.ts';
import type { Observation } from './observation.ts';
import { observe } from './observe.ts';
import { type ReconcileDeps, tellsSomething } from './reconcile.ts';
import { summarize } from './summarize/summarize.ts';

/** Objects a page. */
const PAGE = 1_000;

/** What a comparison found. */
export interface ResyncReport {
  readonly compared: number;
  /** Objects that are not as a pass would leave them; they are due now. */
  readonly different: number;
}

/**
 * Compares every object with its rows, page by page, by deciding and summarizing without carrying anything out. Reads only: an object
 * that a pass would change, because a row was edited by hand or a notification was lost, is made due; at rest nothing is written.
 */
export async function resync(deps: ReconcileDeps, signal: AbortSignal): Promise<ResyncReport> {
  let [compared, different] = [0, 0];
  let coming = nextPage(deps, null);
  while (!signal.aborted) {
    const { specs, now } = await coming;
    const last = specs.at(-1);
    if (last === undefined) return { compared, different };
    // The database fetches the next page while this one is compared.
    coming = nextPage(deps, last);
    const observations = await observe(deps.store, specs, { judge: deps.judge, catalog: await deps.catalog() });
    const keys = observations.filter((observation) => differs(observation, now, deps)).map(({ spec }) => spec);
    different += keys.length === 0 ? 0 : await deps.store.makeDue(keys);
    compared += specs.length;
  }
  await coming;
  return { compared, different };
}

function nextPage(deps: ReconcileDeps, after: ObjectKey | null): ReturnType<ReconcileDeps['store']['page']> {
  const page = deps.store.page(after, PAGE);
  // Awaited in the next round; a failure before that is none unhandled.
  page.catch(() => undefined);
  return page;
}

function differs(observation: Observation, now: Date, deps: ReconcileDeps): boolean {
  // Objects whose pass fails have their own pauses; removals that wait for a run have their own time.
  if (observation.spec.attempts > 0) return false;
  const plan = decide(observation, now, deps.settings);
  if (plan.hold === 'removing' && plan.retireInstance === null) return false;
  if (writesSomething(plan)) return true;
  try {
    const summary = summarize(observation, plan, now);
    return summary.phaseWrite !== null || tellsSomething(observation, plan, summary);
  } catch {
    // A phase that no step leads out of: the pass will say so on the object.
    return true;
  }
}

function writesSomething(plan: Plan): boolean {
  return plan.saveRevision !== null || plan.forget || (plan.hold !== 'observing' && plan.changes.length > 0);
}
