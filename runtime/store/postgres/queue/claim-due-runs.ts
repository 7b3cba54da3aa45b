import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Pool } from '../../../../platform/postgres/connect.ts';
import { hasSqlState, SqlState, translateError } from '../../../../platform/postgres/sql-state.ts';
import { inFlightStates } from '../../../../schemas/run-words.ts';

/** Bounds of claiming, from the configuration. */
export interface ClaimBounds {
  /** Most runs in flight: over all runtimes, of one namespace, of one connector type. */
  readonly maxRuns: number;
  readonly maxRunsPerNamespace: number;
  readonly maxRunsPerType: number;
  /** A claimed run whose START was not written by then is fenced. */
  readonly startDeadlineMs: number;
}

/** Who claims, and how much. */
export interface Claim extends ClaimBounds {
  readonly processId: string;
  readonly capacity: number;
}

/** Two-part key of the lock that serialises claims: caps are counted and used up without another claim in between. */
const CLAIM_LOCK = '25454, 4';
/** Due runs looked at in one claim, oldest first, none of them in a namespace or type that is full: so at least one fits. */
const LOOKED_AT = 1_000;

/** Values of the claim in the order of its parameters. */
const PARAMETERS = ['capacity', 'maxRuns', 'maxRunsPerNamespace', 'maxRunsPerType', 'startDeadlineMs', 'processId'] as const;
type Expressions = Readonly<Record<(typeof PARAMETERS)[number], string>>;
const DIGEST_CHARS = 16;
/** Named by what it does: behind a proxy a session may still have the statement of another version of this program. */
const PREPARED = preparedClaim();

/** Claims due runs; rows are for `decodeAssignment`. */
export type ClaimDueRuns = (claim: Claim) => Promise<Record<string, unknown>[]>;

/**
 * Lock and claim are one message of the simple protocol, hence one implicit transaction that never waits for the client: the claim has a
 * snapshot taken after the lock, and a process that is stopped in the middle holds nobody up. That protocol takes no parameters; the
 * values are numbers and literals quoted by pg. Planning the claim takes longer than carrying it out, so each connection prepares it once.
 */
export function claimDueRunsOf(pool: Pool): ClaimDueRuns {
  const prepared = new WeakSet<pg.PoolClient>();
  return async (claim) => {
    const connection = await pool.connect();
    let broken = true;
    try {
      const rows = await claimPrepared(connection.client, prepared, literals(claim));
      broken = false;
      return rows;
    } catch (error) {
      broken = !(error instanceof pg.DatabaseError);
      throw translateError(error);
    } finally {
      connection.release(broken);
    }
  };
}

/** Behind a proxy that changes the server's session between statements what was prepared may be gone: then it goes without. */
async function claimPrepared(client: pg.PoolClient, prepared: WeakSet<pg.PoolClient>, values: Expressions) {
  if (!prepared.has(client)) await prepare(client);
  prepared.add(client);
  try {
    return await lockAnd(client, `execute ${PREPARED.name} (${PARAMETERS.map((name) => values[name]).join(', ')})`);
  } catch (error) {
    if (!hasSqlState(error, SqlState.undefinedPreparedStatement)) throw error;
    prepared.delete(client);
    return lockAnd(client, claimStatement(values));
  }
}

/** A session that has it already, from another queue of this pool or behind a proxy, has the same one: the name tells. */
async function prepare(client: pg.PoolClient): Promise<void> {
  try {
    await client.query(`prepare ${PREPARED.name}${PREPARED.text}`);
  } catch (error) {
    if (!hasSqlState(error, SqlState.duplicatePreparedStatement)) throw error;
  }
}

async function lockAnd(client: pg.PoolClient, statement: string): Promise<Record<string, unknown>[]> {
  const text = `select pg_advisory_xact_lock(${CLAIM_LOCK}); ${statement}`;
  const results = (await client.query(text)) as unknown as pg.QueryResult<Record<string, unknown>>[];
  return results[1]?.rows ?? [];
}

function literals(claim: Claim): Expressions {
  const { capacity, maxRuns, maxRunsPerNamespace, maxRunsPerType, startDeadlineMs, processId } = claim;
  return {
    capacity: whole(capacity),
    maxRuns: whole(maxRuns),
    maxRunsPerNamespace: whole(maxRunsPerNamespace),
    maxRunsPerType: whole(maxRunsPerType),
    startDeadlineMs: whole(startDeadlineMs),
    processId: uuid(processId),
  };
}

/**
 * In steps: what is in flight; what is due and may run; of that what the caps leave room for, namespace first, then type among what is
 * left (a full namespace must not use up the places of a type). `skip locked`: a run that a controller is changing right now is left for
 * the next claim. Rows go from `pending` only, and only while their own lease is in force.
 */
function claimStatement(values: Expressions): string {
  const { capacity, maxRuns, maxRunsPerNamespace, maxRunsPerType, startDeadlineMs, processId } = values;
  return `
with in_flight as (
  select namespace, connector_key, count(*) as n from runs where state in (${inFlightStates.map((state) => pg.escapeLiteral(state)).join(', ')})
   group by namespace, connector_key),
namespaces as (select namespace, sum(n) as n from in_flight group by namespace),
types as (select connector_key, sum(n) as n from in_flight group by connector_key),
due as (
  select r.connector_instance_id, r.run_id, r.due_at, r.namespace, r.connector_key,
         ${maxRunsPerNamespace} - coalesce(n.n, 0) as namespace_room, ${maxRunsPerType} - coalesce(t.n, 0) as type_room
    from runs r
    join connector_instances i on i.connector_instance_id = r.connector_instance_id
    join instance_leases l on l.connector_instance_id = r.connector_instance_id and l.run_id = r.run_id and l.epoch = r.epoch
    left join schedules s on s.connector_instance_id = r.connector_instance_id
    left join namespaces n on n.namespace = r.namespace
    left join types t on t.connector_key = r.connector_key
   where r.due_at <= now() and r.state = 'pending' and r.runner = 'subprocess' and r.cancel_requested_at is null
     and i.status = 'active' and i.enabled and i.deleted_at is null
     and (r.trigger = 'manual' or (not s.suspended and s.paused_at is null))
     and coalesce(n.n, 0) < ${maxRunsPerNamespace} and coalesce(t.n, 0) < ${maxRunsPerType}
   order by r.due_at limit ${LOOKED_AT}),
fits_namespace as (
  select *, row_number() over (partition by connector_key order by due_at, run_id) as in_type from (
    select *, row_number() over (partition by namespace order by due_at, run_id) as in_namespace from due) ranked
   where in_namespace <= namespace_room),
chosen as (
  select r.connector_instance_id, r.run_id from runs r join fits_namespace f using (connector_instance_id, run_id)
   where f.in_type <= f.type_room and r.state = 'pending'
   order by f.due_at, r.run_id
   limit greatest(0, least(${capacity}, ${maxRuns} - (select coalesce(sum(n), 0) from in_flight)))
     for update of r skip locked),
claimed as (
  update runs r set state = 'starting', process_id = ${processId}, due_at = null,
         start_deadline_at = now() + ${startDeadlineMs} * interval '1 millisecond'
    from chosen c where r.connector_instance_id = c.connector_instance_id and r.run_id = c.run_id and r.state = 'pending'
  returning r.*),
attempts as (
  insert into run_attempts (connector_instance_id, run_id, attempt, epoch, process_id, state)
  select connector_instance_id, run_id, attempt, epoch, process_id, state from claimed
      on conflict (connector_instance_id, run_id, attempt) do update
     set epoch = excluded.epoch, process_id = excluded.process_id, state = excluded.state)
select r.connector_instance_id, r.run_id, r.attempt, r.epoch, r.namespace, r.connector_name, r.connector_key, r.connector_type_version,
       r.revision, r.trigger, r.trace_id, t.document, t.origin, v.spec,
       i.config, i.credentials, i.collection, i.execution
  from claimed r
  join connector_instances i on i.connector_instance_id = r.connector_instance_id
  join connector_types t on t.connector_key = r.connector_key and t.version = r.connector_type_version
  left join connector_specs s on s.instance_id = r.connector_instance_id
  left join spec_revisions v on v.spec_uid = s.uid and v.revision = r.revision
 order by r.run_id`;
}

function whole(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
  return String(value);
}

function uuid(value: string): string {
  return `${pg.escapeLiteral(value)}::uuid`;
}

function preparedClaim(): { readonly name: string; readonly text: string } {
  const places = Object.fromEntries(PARAMETERS.map((name, at) => [name, `$${at + 1}`])) as Expressions;
  const text = ` (integer, integer, integer, integer, bigint, uuid) as ${claimStatement(places)}`;
  return { name: `claim_due_runs_${createHash('sha256').update(text).digest('hex').slice(0, DIGEST_CHARS)}`, text };
}
