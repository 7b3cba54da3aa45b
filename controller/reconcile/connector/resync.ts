import type { ObjectKey, ObjectPrint } from '../../apis/ports.ts';
import { decide } from './decide/decide.ts';
import type { Plan } from './decide/plan.ts';
import type { Observation } from './observation.ts';
import { observe } from './observe.ts';
import { type ReconcileDeps, tellsSomething } from './reconcile.ts';
import { summarize } from './summarize/summarize.ts';

/** Prints a page, and objects that are compared at once. */
const PAGE = 5_000;
const COMPARED_AT_ONCE = 1_000;

/** What a comparison found. */
export interface ResyncReport {
  readonly objects: number;
  /** Objects with a row that was written since they were last found in order; the others need no second look. */
  readonly compared: number;
  /** Objects that are not as a pass would leave them; they are due now. */
  readonly different: number;
}

/** Compares every object with its rows; see `createResync`. */
export type Resync = (signal: AbortSignal) => Promise<ResyncReport>;

/**
 * The periodic comparison: decides and summarizes every object without carrying anything out. It only reads; an object that a pass would
 * change, because a row was edited by hand or a notification was lost, is made due. Deciding is a function of rows and catalog, so an
 * object whose rows have the print with which it was found in order, under the same catalog, is in order still.
 */
export function createResync(deps: ReconcileDeps): Resync {
  let known = new Map<string, string>();
  let stamp = '';
  return async (signal) => {
    const { stamp: current } = await deps.catalog();
    if (current !== stamp) known = new Map();
    stamp = current;
    const inOrder = new Map<string, string>();
    const report = { objects: 0, compared: 0, different: 0 };
    for await (const page of pagesOf(deps, signal)) {
      const [same, fresh] = split(page, known);
      remember(inOrder, same);
      for (const slice of slicesOf(fresh)) {
        const different = await compare(deps, slice);
        const wrong = new Set(different.map(keyOf));
        remember(
          inOrder,
          slice.filter((one) => !wrong.has(keyOf(one))),
        );
        report.different += different.length === 0 ? 0 : await deps.store.makeDue(different);
      }
      report.objects += page.length;
      report.compared += fresh.length;
    }
    // A comparison that was cut short knows less than the one before.
    if (!signal.aborted) known = inOrder;
    return report;
  };
}

function split(page: readonly ObjectPrint[], known: ReadonlyMap<string, string>): [same: ObjectPrint[], fresh: ObjectPrint[]] {
  const { same = [], fresh = [] } = Object.groupBy(page, (one) => (known.get(keyOf(one)) === one.print ? 'same' : 'fresh'));
  return [same, fresh];
}

function slicesOf(objects: readonly ObjectPrint[]): ObjectPrint[][] {
  return Array.from({ length: Math.ceil(objects.length / COMPARED_AT_ONCE) }, (_, at) =>
    objects.slice(at * COMPARED_AT_ONCE, (at + 1) * COMPARED_AT_ONCE),
  );
}

function remember(inOrder: Map<string, string>, objects: readonly ObjectPrint[]): void {
  for (const one of objects) inOrder.set(keyOf(one), one.print);
}

async function* pagesOf(deps: ReconcileDeps, signal: AbortSignal): AsyncGenerator<readonly ObjectPrint[]> {
  let page = await deps.store.prints(null, PAGE);
  while (page.length > 0 && !signal.aborted) {
    yield page;
    page = await deps.store.prints(page.at(-1) ?? null, PAGE);
  }
}

/** Objects of these that a pass would change. The print was taken before the rows are read: a change in between shows in the next one. */
async function compare(deps: ReconcileDeps, keys: readonly ObjectKey[]): Promise<ObjectKey[]> {
  const { specs, now } = await deps.store.read(keys);
  const observations = await observe(deps.store, specs, { judge: deps.judge, catalog: await deps.catalog() });
  return observations
    .filter((observation) => differs(observation, now, deps))
    .map(({ spec: { namespace, name } }) => ({ namespace, name }));
}

function keyOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
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
