import type { ConnectorActions, ConnectorReader, Readiness, SpecDoor, Subject } from '../apis/gateway-ports.ts';
import type { RegisteredType } from '../apis/catalog.ts';
import type { RunAttemptRow, RunReader, RunRow } from '../apis/runs.ts';
import type { SourceRow } from '../apis/ports.ts';
import type { AuditEvent } from '../apis/rows.ts';

/** A stored record; `dataText` is JSON as the connector sent it. */
export interface RecordRow {
  readonly key: string;
  readonly version: number;
  readonly emittedAt: Date;
  readonly dataText: string;
}

/** An audit event with its number and time. */
export interface AuditRow extends AuditEvent {
  readonly seq: number;
  readonly at: Date;
}

/** What the gateway calls. It holds no state of its own and decides only who may ask. */
export interface GatewayParts {
  readonly connectors: ConnectorReader;
  readonly specs: SpecDoor;
  readonly actions: ConnectorActions;
  readonly runs: RunReader;
  /** How a run, and an attempt of one, is shown. */
  readonly showRun: (run: RunRow) => object;
  readonly showAttempt: (attempt: RunAttemptRow) => object;
  readonly records: {
    list(page: { instanceId: string; stream: string; after: string | null; limit: number }): Promise<RecordRow[]>;
    count(instanceId: string, stream: string): Promise<number>;
    streams(instanceId: string): Promise<{ name: string; records: number }[]>;
  };
  readonly catalog: { list(): Promise<readonly RegisteredType[]> };
  readonly audit: { list(filter: { namespace?: string; name?: string; before?: number; limit: number }): Promise<AuditRow[]> };
  readonly sources: {
    list(): Promise<(SourceRow & { documents: number })[]>;
    release(name: string, actor: AuditEvent['actor'], requestId: string): Promise<number>;
    /** How many removals were confirmed; null when none waits. */
    confirm(name: string, actor: AuditEvent['actor'], requestId: string): Promise<number | null>;
  };
  readonly tokens: { find(token: string): Promise<Subject | null> };
  readonly idempotency: {
    /** Answers a repeat with the first answer; throws `IdempotencyKeyReused` or `IdempotencyInFlight`. */
    once<T>(request: { subject: string; key: string; requestHash: string }, work: () => Promise<T>): Promise<T>;
  };
  /** Calls back whenever a connector or a run may have changed, until unsubscribed. */
  readonly changes: { subscribe(listener: () => void): () => void };
  readonly hintOf: (reason: string) => string | undefined;
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: { text(): Promise<string>; contentType: string };
  readonly version: string;
}
