import type { Pool } from '../../platform/postgres/connect.ts';
import type { Sandbox } from '../apis/sandbox.ts';
import { envProvider } from '../credentials/env/provider.ts';
import { fileProvider } from '../credentials/file/provider.ts';
import { credentialResolver } from '../credentials/resolver.ts';
import { IngestBudget } from '../ingest/budget.ts';
import { Ingest } from '../ingest/ingest.ts';
import { schemaChecks } from '../protocol/manifest/schema-sample.ts';
import { defaultTimings } from '../run/prepare/run-limits.ts';
import type { RunParts } from '../run/run-parts.ts';
import { createCheckpointStore } from '../store/postgres/checkpoint-store.ts';
import { createRunJournal } from '../store/postgres/journal/run-journal.ts';
import { defaultPatience } from '../store/postgres/patience.ts';
import { createRecordSink } from '../store/postgres/records/record-sink.ts';
import type { ServeParts } from './serve-parts.ts';

/** Adapters of everything that runs share, over one pool and one sandbox. Providers are registered here by their names in documents. */
export function openRunParts(parts: ServeParts, { db, sandbox }: { db: Pool; sandbox: Sandbox }): RunParts {
  const { config, env, clock, random, log } = parts;
  const patience = defaultPatience(random);
  const sink = createRecordSink(db, patience);
  const budget = new IngestBudget(config.bufferBytes);
  return {
    journal: createRunJournal(db, patience),
    checkpoints: createCheckpointStore(db, patience),
    credentials: credentialResolver({ env: envProvider(env), file: fileProvider(config.secretsFolder) }),
    sandbox,
    schemas: schemaChecks(),
    host: { env, bundledTypes: parts.bundledTypes, baseFolder: config.baseFolder },
    timings: { ...defaultTimings, graceMs: config.graceSeconds * 1_000 },
    maxRetries: config.maxRetries,
    clock,
    random,
    log,
    openIngest: (key) => new Ingest({ sink, budget, key }),
  };
}
