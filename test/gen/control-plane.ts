import { admitWith } from '../../controller/compose/admission-verdict.ts';
import type { RegisteredType } from '../../controller/apis/catalog.ts';
import { submittedDigest, type Submission, type SubmissionResult, type SubmittedDocument } from '../../controller/apis/intake.ts';
import type { ConditionType } from '../../controller/apis/status/conditions.ts';
import { Catalog } from '../../controller/catalog/catalog.ts';
import { nextDue } from '../../controller/schedule/next-due.ts';
import { createCatalogCache } from '../../controller/reconcile/catalog-cache.ts';
import { createResync, type Resync } from '../../controller/reconcile/connector/resync.ts';
import { createJudge } from '../../controller/reconcile/connector/judge.ts';
import type { ReconcileDeps } from '../../controller/reconcile/connector/reconcile.ts';
import { drainDue, type WorkerDeps } from '../../controller/reconcile/worker/worker.ts';
import { createIntake, type Intake } from '../../controller/reconcile/intake/submit.ts';
import { createPreview, type Preview } from '../../controller/reconcile/preview.ts';
import { createCatalogStore } from '../../controller/store/catalog/catalog-store.ts';
import { registerTypes } from '../../controller/store/catalog/types.ts';
import { databaseOf } from '../../controller/store/database.ts';
import { createIntakeStore } from '../../controller/store/intake-store.ts';
import type { Database } from '../../controller/store/queryable.ts';
import { createReconcileStore } from '../../controller/store/reconcile-store.ts';
import { createRunControls } from '../../controller/store/runs/run-controls.ts';
import { registerSource } from '../../controller/store/sources/sources.ts';
import { takeSourceLease } from '../../controller/store/sources/source-leases.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';
import { createLog } from '../../platform/log.ts';
import type { Pool } from '../../platform/postgres/connect.ts';
import type { Connector } from '../../schemas/connector.ts';
import type { Condition, ConnectorStatus } from '../../schemas/status.ts';
import { admissionContext, TEST_TYPES } from './admission-context.ts';

/** Fingerprint of the folder of the tests. */
export const SCOPE = 'folder /srv/connectors';
export const FOLDER = 'folder';
export const UPLOAD = 'upload';

/** Intake and reconcile over a real database, as main composes them, with two sources: a folder that this process holds, and uploads. */
export interface ControlPlane {
  readonly db: Database;
  readonly intake: Intake;
  readonly preview: Preview;
  readonly deps: WorkerDeps;
  readonly resync: Resync;
  /** Hands documents in as the whole content of the folder. */
  list(documents: readonly Connector[], more?: Partial<Submission>): Promise<SubmissionResult>;
  upload(documents: readonly Connector[], more?: Partial<Submission>): Promise<SubmissionResult>;
  /** Works until nothing is due. */
  converge(): Promise<void>;
  register(types: readonly RegisteredType[]): Promise<void>;
}

/** What a test may choose. */
export interface ControlPlaneOptions {
  readonly types?: readonly RegisteredType[];
  readonly removalGraceMs?: number;
  readonly retentionMs?: number;
  readonly batchSize?: number;
}

/** Composes the control plane and registers types, sources and the folder's lease. */
export async function controlPlane(pool: Pool, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const db = databaseOf(pool);
  const ids = systemIds(systemClock);
  const register = async (types: readonly RegisteredType[]): Promise<void> => {
    const origin = (type: RegisteredType) => ({ kind: 'folder' as const, folder: type.origin.folder, file: type.origin.file });
    await registerTypes(
      db,
      types.map((type) => ({ ...type, origin: origin(type) })),
    );
  };
  await register(options.types ?? TEST_TYPES);
  await registerSource(db, { name: FOLDER, kind: 'gitops', fingerprint: SCOPE });
  await registerSource(db, { name: UPLOAD, kind: 'upload', fingerprint: '' });
  const epoch = (await takeSourceLease(db, FOLDER, ids.uuid(), null)) ?? 1;
  const { catalog: _, door: __, ...settings } = admissionContext();
  const admit = admitWith(settings);
  const catalog = createCatalogCache(createCatalogStore(db), (types, templates) => new Catalog(types, templates));
  const intakeDeps = { store: createIntakeStore(db), catalog, admit, ids, clock: systemClock };
  const reconcile: ReconcileDeps = {
    store: createReconcileStore(db),
    catalog,
    judge: createJudge(admit, () => ({ namespaces: null, owners: null })),
    settings: { nextDue, removalGraceMs: options.removalGraceMs ?? 60_000, retentionMs: options.retentionMs ?? 3_600_000 },
  };
  const deps: WorkerDeps = {
    ...reconcile,
    runs: createRunControls(db),
    ids,
    clock: systemClock,
    random: () => 0.5,
    log: createLog({ role: 'test', clock: systemClock, level: 'silent' }),
    batchSize: options.batchSize ?? 500,
    pollMs: 1_000,
  };
  const intake = createIntake(intakeDeps);
  const scope = { namespaces: null, owners: null };
  return {
    db,
    intake,
    deps,
    resync: createResync(reconcile),
    preview: createPreview({ intake: intakeDeps, reconcile }),
    register,
    list: (documents, more) =>
      intake.submit({
        source: FOLDER,
        epoch,
        documents: documents.map((document) => submitted(document, `${document.metadata.name}.yaml`)),
        listing: { fingerprint: SCOPE },
        scope,
        actor: { kind: 'source', name: FOLDER },
        invalid: 'store',
        ...more,
      }),
    upload: (documents, more) =>
      intake.submit({
        source: UPLOAD,
        epoch: null,
        documents: documents.map((document) => submitted(document)),
        scope,
        actor: { kind: 'operator', name: 'test', acts_for_every_owner: true },
        invalid: 'refuse',
        ...more,
      }),
    converge: async () => void (await drainDue(deps, new AbortController().signal)),
  };
}

/** A document as a door hands it in. */
export function submitted(document: Connector, file?: string): SubmittedDocument {
  const { namespace = 'default', name } = document.metadata;
  const { resourceVersion } = document.metadata as { resourceVersion?: string };
  const origin = file === undefined ? {} : { file, line: 1 };
  return { namespace, name, digest: submittedDigest(document), origin, resourceVersion, read: () => ({ value: document, file }) };
}

/** The stored status of one object; throws when it is not there. */
export async function statusOf(db: Database, name: string): Promise<ConnectorStatus> {
  const { rows } = await db.query('select status from connector_specs where name = $1', [name]);
  if (rows[0] === undefined) throw new Error(`there is no ${name}`);
  return rows[0]['status'] as ConnectorStatus;
}

/** One condition of one object. */
export async function conditionOf(db: Database, name: string, type: ConditionType): Promise<Condition | undefined> {
  return (await statusOf(db, name)).conditions?.find((condition) => condition.type === type);
}

/** One row, by the name of its object. */
export async function instanceOf(db: Database, name: string): Promise<Record<string, unknown> | undefined> {
  return (await db.query('select * from connector_instances where name = $1', [name])).rows[0];
}
