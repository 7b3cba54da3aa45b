import type { RegisteredType } from '../apis/catalog.ts';
import type { ConnectorActions, ConnectorReader, Readiness, SpecDoor, Subject } from '../apis/gateway-ports.ts';
import type { SourceRow } from '../apis/ports.ts';
import type { Actor, AuditEvent } from '../apis/rows.ts';
import type { RunAttemptRow, RunReader, RunRow } from '../apis/runs.ts';

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

/** What is kept of a token: never the token itself. */
export interface TokenRow extends Subject {
  readonly id: string;
  readonly createdAt: Date;
  readonly createdBy: Record<string, unknown> | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Tokens of the API. */
export interface TokenDoor {
  /** Who a token stands for; null when it is unknown, revoked or expired. */
  find(token: string): Promise<Subject | null>;
  list(): Promise<readonly TokenRow[]>;
  /** Issues a token; `token` is shown this once and kept nowhere. `ttlSeconds` null: until revoked. */
  issue(subject: Subject, ttlSeconds: number | null, by: RequestActor): Promise<TokenRow & { readonly token: string }>;
  /** False when it was revoked already. Throws `NotFound`. */
  revoke(id: string, by: RequestActor): Promise<boolean>;
}

/** Who asks for something that is audited, in which request. */
export interface RequestActor {
  readonly actor: Actor;
  readonly requestId: string;
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
    /** A page of records; empty only behind the last one, and shorter than `limit` where they are large. */
    list(page: { instanceId: string; stream: string; after: string | null; limit: number }): Promise<RecordRow[]>;
    count(instanceId: string, stream: string): Promise<number>;
    streams(instanceId: string): Promise<{ name: string; records: number }[]>;
  };
  readonly catalog: { list(): Promise<readonly RegisteredType[]> };
  readonly audit: {
    list(filter: { namespace?: string; name?: string; instanceId?: string; before?: number; limit: number }): Promise<AuditRow[]>;
  };
  readonly sources: {
    list(): Promise<(SourceRow & { documents: number })[]>;
    release(name: string, by: RequestActor): Promise<number>;
    /** How many removals were confirmed; null when none waits. */
    confirm(name: string, by: RequestActor): Promise<number | null>;
  };
  readonly tokens: TokenDoor;
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

/** What the server logs; never a header or a body. */
export interface GatewayLog {
  error(facts: Record<string, unknown>, message: string): void;
  debug(facts: Record<string, unknown>, message: string): void;
}

/** What routes stand on: the parts, and the end of the server, at which watches and long polls answer. */
export interface Gateway extends GatewayParts {
  readonly log: GatewayLog;
  readonly closing: AbortSignal;
}
