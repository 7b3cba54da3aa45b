import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RegisteredType } from '../../controller/apis/catalog.ts';
import type { Subject } from '../../controller/apis/gateway-ports.ts';
import { type Desired, composeDesired } from '../../controller/compose/desired.ts';
import { type FolderDoor, openFolderDoor } from '../../controller/compose/sources.ts';
import { readConfig } from '../../controller/config.ts';
import { drainDue } from '../../controller/reconcile/worker/worker.ts';
import type { FolderTiming } from '../../controller/sources/gitops/folder-source.ts';
import { registerTypes } from '../../controller/store/catalog/types.ts';
import { databaseOf } from '../../controller/store/database.ts';
import type { Database } from '../../controller/store/queryable.ts';
import { createRunControls } from '../../controller/store/runs/run-controls.ts';
import { registerSource } from '../../controller/store/sources/sources.ts';
import type { Clock } from '../../platform/clock.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import type { Pool } from '../../platform/postgres/connect.ts';
import type { Condition, ConnectorStatus } from '../../schemas/status.ts';
import { TEST_TYPES } from './admission-context.ts';

/** Everything between a document and its row, composed as the program does it, over a database of a test. */
export interface Installation {
  readonly db: Database;
  readonly desired: Desired;
  /** Works until nothing is due. */
  converge(): Promise<void>;
  register(types: readonly RegisteredType[]): Promise<void>;
}

/** The token that `connectorctl` has on one machine. */
export const operator: Subject = { kind: 'operator', subject: 'test operator', namespaces: null, owner: null, projectId: null };

/** Composes an installation and registers the upload door and the types of the tests. */
export async function installation(pool: Pool): Promise<Installation> {
  const db = databaseOf(pool);
  const ids = systemIds(systemClock);
  const desired = composeDesired({ db, ids, clock: systemClock, config: readConfig([], {}, '/nowhere'), onDocument: () => undefined });
  await registerSource(db, { name: 'upload', kind: 'upload', fingerprint: '' });
  const register = async (types: readonly RegisteredType[]): Promise<void> => {
    await registerTypes(
      db,
      types.map(({ origin: { file, folder }, ...type }) => ({ ...type, origin: { kind: 'folder', file, folder } })),
    );
  };
  await register(TEST_TYPES);
  const deps = {
    ...desired.reconcile,
    runs: createRunControls(db),
    ids,
    clock: systemClock,
    random: () => 0.5,
    log: rememberingLog().log,
    batchSize: 500,
    pollMs: 1_000,
  };
  return { db, desired, register, converge: async () => void (await drainDue(deps, new AbortController().signal)) };
}

/** Lines of a log, each as its message and facts. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly facts: Record<string, unknown>;
}

/** A log that keeps what it is told. */
export function rememberingLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (facts: Record<string, unknown>, message: string): void =>
      void lines.push({ level, message, facts });
  const log = { info: at('info'), warn: at('warn'), error: at('error'), debug: () => undefined } as unknown as Log;
  return { log, lines };
}

/** A folder of a test, and a door that lists it when told to. */
export interface TestFolder extends FolderDoor {
  readonly folder: string;
  readonly name: string;
  readonly lines: LogLine[];
  /** Writes a file whole, as editors and git do: beside it, then by a rename. */
  write(file: string, text: string): void;
  remove(file: string): void;
  /** One listing; what is gone is believed at once unless the test chose a `settleMs`. */
  list(): Promise<number>;
}

/** What a test may choose of a folder door. */
export interface FolderChoices {
  readonly folder?: string;
  readonly name?: string;
  readonly processId?: string;
  readonly timing?: Partial<FolderTiming>;
  readonly clock?: Clock;
  isLost?(processId: string): boolean;
}

/** Opens a folder door on an installation, by default on a fresh folder. */
export async function testFolder({ db, desired }: Installation, choices: FolderChoices = {}): Promise<TestFolder> {
  const folder = choices.folder ?? realpathSync(mkdtempSync(join(tmpdir(), 'door-')));
  const name = choices.name ?? `folder:${folder}`;
  const { log, lines } = rememberingLog();
  const ids = systemIds(systemClock);
  const door = await openFolderDoor(
    {
      db,
      intake: desired.intake,
      admit: desired.admit,
      processId: choices.processId ?? ids.uuid(),
      isLost: choices.isLost ?? (() => false),
      clock: choices.clock ?? systemClock,
      log,
      random: () => 0.5,
    },
    { name, folder, timing: { quietMs: 20, burstMs: 100, settleMs: 0, retryMs: 50, rescanMs: 60_000, ...choices.timing } },
  );
  return {
    ...door,
    folder,
    name,
    lines,
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, `${file}.tmp`), text);
      renameSync(join(folder, `${file}.tmp`), join(folder, file));
    },
    remove: (file) => rmSync(join(folder, file)),
    list: () => door.source.list(),
  };
}

/** Tables that a document leads to. */
const TABLES = ['sources', 'source_leases', 'connector_specs', 'spec_revisions', 'connector_instances', 'schedules', 'audit_events'];

/** A print of every row version of these tables: any write of any row, one that changes nothing included, changes it. */
export async function rowVersions(db: Database): Promise<Record<string, string>> {
  const parts = TABLES.map(
    (table) => `select '${table}' as name, coalesce(string_agg(xmin || ':' || ctid, ',' order by ctid), '') as print from ${table}`,
  );
  const { rows } = await db.query(parts.join(' union all '));
  return Object.fromEntries(rows.map((row) => [row['name'] as string, row['print'] as string]));
}

/** One object, by name; undefined when it is not there. */
export async function specOf(db: Database, name: string): Promise<Record<string, unknown> | undefined> {
  return (await db.query('select * from connector_specs where name = $1', [name])).rows[0];
}

/** One condition out of a row of connector_specs. */
export function conditionIn(row: Record<string, unknown> | undefined, type: string): Condition | undefined {
  return (row?.['status'] as ConnectorStatus | undefined)?.conditions?.find((condition) => condition.type === type);
}
