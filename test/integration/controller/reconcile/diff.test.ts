import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ObjectChange, Submission } from '../../../../controller/apis/intake.ts';
import { SPEC_OWNED_COLUMNS } from '../../../../controller/store/instances/instance-codec.ts';
import type { Connector, ConnectorSpec } from '../../../../schemas/connector.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { controlPlane, type ControlPlane, submitted, UPLOAD } from '../../../gen/control-plane.ts';
import { connector, withMetadata, withSpec } from '../../../gen/documents.ts';

let database: TestDatabase;
let plane: ControlPlane;
beforeAll(async () => {
  database = await createDatabase();
  plane = await controlPlane(database.pool);
});
afterAll(() => database.drop());

/** One change per field, as `object.path`, with both values as JSON. */
type Fields = Record<string, { before: unknown; after: unknown }>;

const submission = (document: Connector): Submission => ({
  source: UPLOAD,
  epoch: null,
  documents: [submitted(document)],
  scope: { namespaces: null, owners: null },
  actor: { kind: 'operator', name: 'test' },
  invalid: 'refuse',
});

/** The rows behind one name, field by field, read without any code of the pass. */
async function snapshot(name: string): Promise<Record<string, unknown>> {
  const [spec] = (await database.pool.query('select spec, labels, annotations from connector_specs where name = $1', [name])).rows;
  const [instance] = (await database.pool.query('select * from connector_instances where name = $1', [name])).rows;
  const [schedule] = (
    await database.pool.query('select s.* from schedules s join connector_instances i using (connector_instance_id) where i.name = $1', [
      name,
    ])
  ).rows;
  const fields: Record<string, unknown> = {};
  if (spec !== undefined) leaves('spec', spec, fields);
  if (instance !== undefined) for (const [column, field] of SPEC_OWNED_COLUMNS) fields[`instance.${field}`] = instance[column];
  if (schedule !== undefined) {
    Object.assign(fields, { 'schedule.schedule': schedule['schedule'], 'schedule.suspended': schedule['suspended'] });
    fields['schedule.planned'] = schedule['due_at'] !== null;
  }
  return fields;
}

function leaves(path: string, value: unknown, into: Record<string, unknown>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) into[path] = value;
  else for (const [name, inside] of Object.entries(value)) leaves(`${path}.${name}`, inside, into);
}

/** What truly changed between two snapshots. */
function effect(before: Record<string, unknown>, after: Record<string, unknown>): Fields {
  const changed: Fields = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (!isDeepStrictEqual(before[key], after[key])) changed[key] = { before: before[key], after: after[key] };
  }
  return changed;
}

/** What the diff announced, with objects that come or go whole spread into their leaves. */
function announced(changes: readonly ObjectChange[]): Fields {
  const pairs = changes.flatMap(({ object, fields }) =>
    fields.map(({ path, before, after }) => ({ before: spread(object, path, before), after: spread(object, path, after) })),
  );
  return Object.assign({}, ...pairs.map(({ before, after }) => effect(before, after))) as Fields;
}

/** Documents are compared leaf by leaf, rows column by column. */
function spread(object: string, path: string, value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  const fields: Record<string, unknown> = {};
  if (object === 'spec') leaves(`${object}.${path}`, value, fields);
  else fields[`${object}.${path}`] = value;
  return fields;
}

const schedules = fc.constantFrom<ConnectorSpec['schedule'] | undefined>(
  undefined,
  { every: '1h' },
  { every: '15m', suspend: true },
  { cron: '0 6 * * *', timeZone: 'Europe/Berlin' },
);
const specs = fc.record({
  enabled: fc.constantFrom(undefined, true, false),
  mode: fc.constantFrom<'Manage' | 'Observe' | undefined>(undefined, 'Manage', 'Observe'),
  config: fc.record({ count: fc.integer({ min: -1, max: 3 }) }),
  displayName: fc.constantFrom(undefined, 'One', 'Two'),
  limits: fc.constantFrom(undefined, { rateLimit: { rps: 2, burst: 5 } }, { queueDepth: 7 }),
  schedule: schedules,
  collection: fc.constantFrom<ConnectorSpec['collection'] | undefined>(
    undefined,
    { mode: 'full_refresh' },
    { streams: [{ name: 'items' }] },
  ),
});
const labels = fc.constantFrom<Record<string, string> | undefined>(undefined, { team: 'a' }, { team: 'b', tier: '1' });

describe('diff', () => {
  it('plan equals effect: what diff announces is exactly what apply and its pass then change', async () => {
    let at = 0;
    const step = fc.record({ spec: specs, labels });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const name = `diffed-${at++}`;
        for (const one of steps) {
          const document = connector(name, withSpec(one.spec), withMetadata({ labels: one.labels }));
          const [preview] = await plane.preview(submission(document));
          const before = await snapshot(name);
          const { results } = await plane.intake.submit(submission(document));
          await plane.converge();
          const done = effect(before, await snapshot(name));
          expect(preview?.outcome).toBe(results[0]?.outcome);
          // An observed connector announces what it would do and does none of it.
          const held = one.spec.mode === 'Observe' && preview?.outcome !== 'refused';
          const said = announced((preview?.changes ?? []).filter(({ object }) => !held || object === 'spec'));
          expect(said).toEqual(done);
          const again = await plane.preview(submission(document));
          if (preview?.outcome !== 'refused') expect(again).toMatchObject([{ outcome: 'unchanged', changes: [] }]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('says why a document changes nothing', async () => {
    await plane.list([connector('owned')]);
    expect(await plane.preview(submission(connector('owned')))).toMatchObject([
      { outcome: 'conflict', reason: 'SourceConflict', changes: [] },
    ]);
    expect(await plane.preview(submission(connector('bad', withSpec({ config: {} }))))).toMatchObject([
      { outcome: 'refused', changes: [] },
    ]);
  });
});
