import type { Clock } from '../../platform/clock.ts';
import type { Ids } from '../../platform/ids.ts';
import { typeDocumentTools } from '../admission/type-document-tools.ts';
import type { TypeDocumentTools } from '../apis/catalog.ts';
import type { SpecDoor } from '../apis/gateway-ports.ts';
import type { Admit, DocumentResult } from '../apis/intake.ts';
import type { Config } from '../config.ts';
import { actorOf } from '../gateway/access/access.ts';
import type { CurrentCatalog } from '../reconcile/catalog-cache.ts';
import { createJudge } from '../reconcile/connector/judge.ts';
import type { ReconcileDeps } from '../reconcile/connector/reconcile.ts';
import { createIntake, type Intake } from '../reconcile/intake/submit.ts';
import { createPreview } from '../reconcile/preview.ts';
import { nextDue } from '../schedule/next-due.ts';
import { appendAudit } from '../store/audit.ts';
import { createConnectorReader } from '../store/connectors/connector-reader.ts';
import { createIntakeStore } from '../store/intake-store.ts';
import type { Database } from '../store/queryable.ts';
import { createReconcileStore } from '../store/reconcile-store.ts';
import { listRevisions } from '../store/specs/revisions.ts';
import { admitWith } from './admission-verdict.ts';
import { admissionSettings } from './admission.ts';
import { composeCatalog } from './catalog.ts';
import { composeUploadDoor } from './upload-door.ts';

/** Everything between a document and its row. */
export interface Desired {
  readonly admit: Admit;
  readonly tools: TypeDocumentTools;
  readonly catalog: CurrentCatalog;
  readonly intake: Intake;
  readonly reconcile: ReconcileDeps;
  readonly door: SpecDoor;
}

const DAY_MS = 86_400_000;
/** A run of a removed connector may end by itself for this long. */
const REMOVAL_GRACE_MS = 30_000;

/** What the way from document to row stands on. */
export interface DesiredParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly config: Config;
  /** Told what became of each document that a door handed in; for metrics. */
  onDocument(outcome: DocumentResult['outcome']): void;
}

/** Composes admission, intake and reconcile over the stores; starts nothing. */
export function composeDesired({ db, ids, clock, config, onDocument }: DesiredParts): Desired {
  const settings = admissionSettings();
  const admit = admitWith(settings);
  const catalog = composeCatalog(db);
  const intakeDeps = { store: createIntakeStore(db), catalog, admit, ids, clock };
  const reconcile: ReconcileDeps = {
    store: createReconcileStore(db),
    catalog,
    judge: createJudge(admit, () => ({ namespaces: null, owners: null })),
    settings: { nextDue, removalGraceMs: REMOVAL_GRACE_MS, retentionMs: config.uninstallRetentionDays * DAY_MS },
  };
  const intake = counted(createIntake(intakeDeps), onDocument);
  const preview = createPreview({ intake: intakeDeps, reconcile });
  const door = composeUploadDoor({
    intake,
    preview,
    admit,
    catalog,
    actorOf,
    hidden: createConnectorReader(db).hidden,
    audit: (events) => appendAudit(db, events),
    revisions: (key) => listRevisions(db, key),
  });
  return { admit, tools: typeDocumentTools(settings.compiler), catalog, intake, reconcile, door };
}

/** Intake that tells what became of each document, unchanged ones aside: a listing at rest is no event. */
function counted(intake: Intake, onDocument: DesiredParts['onDocument']): Intake {
  return {
    ...intake,
    async submit(submission) {
      const result = await intake.submit(submission);
      for (const { outcome } of result.results) if (outcome !== 'unchanged') onDocument(outcome);
      return result;
    },
  };
}
