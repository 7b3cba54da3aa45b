import type { Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { CredentialResolver } from '../apis/credentials.ts';
import type { CheckpointStore, RunJournal } from '../apis/ports.ts';
import type { IngestRecord, RunKey } from '../apis/run.ts';
import type { Sandbox } from '../apis/sandbox.ts';
import type { SchemaChecks } from '../protocol/manifest/schema-sample.ts';
import type { LaunchHost } from './prepare/plan-launch.ts';
import type { RunTimings } from './prepare/run-limits.ts';

/** Where the records of one run go. */
export interface RunIngest {
  /** Takes a record of `bytes` raw bytes; a promise means: wait before the next one. */
  write(record: IngestRecord, bytes: number): Promise<void> | undefined;
  /** Resolves when every record that was written before is durable. */
  barrier(): Promise<void>;
  /** Makes everything durable. Safe to repeat. */
  close(): Promise<void>;
  /** Gives up what is not durable yet and tells how many records that were. Safe after `close`. */
  abort(): number;
}

/** What every run of a process shares. */
export interface RunParts {
  readonly journal: RunJournal;
  readonly checkpoints: CheckpointStore;
  readonly credentials: CredentialResolver;
  readonly sandbox: Sandbox;
  readonly schemas: SchemaChecks;
  readonly host: LaunchHost;
  readonly timings: RunTimings;
  /** Cap over every type's retries. */
  readonly maxRetries: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  openIngest(key: RunKey): RunIngest;
}
