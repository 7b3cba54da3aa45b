import type { ReconcileStore, ReconcileUnit } from '../../apis/ports.ts';
import type { SpecRow } from '../../apis/rows.ts';
import type { CatalogSnapshot } from '../catalog-cache.ts';
import type { Judge } from './judge.ts';
import type { Observation } from './observation.ts';

/** Reads everything about these objects in a constant number of queries and has their newest generations judged. */
export async function observe(
  from: Pick<ReconcileUnit | ReconcileStore, 'observe'>,
  specs: readonly SpecRow[],
  { judge, catalog }: { judge: Judge; catalog: CatalogSnapshot },
): Promise<Observation[]> {
  const rows = await from.observe(specs);
  return specs.flatMap((spec) => {
    const seen = rows.get(spec.uid);
    return seen === undefined ? [] : [{ ...seen, spec, judgement: judge(spec, seen.inForce, catalog) }];
  });
}
