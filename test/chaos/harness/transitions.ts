import type { Pool } from '../../../platform/postgres/connect.ts';

/** Every change of a run's state, epoch or attempt, and every change of a lease, in the order of their statements. */
const WATCH = `
create schema chaos;
create table chaos.run_moves (seq bigserial, instance uuid, run uuid, before text, after text, epoch bigint, attempt int, active bigint);
create table chaos.lease_moves (seq bigserial, instance uuid, before bigint, after bigint);
create function chaos.note_run() returns trigger language plpgsql as $$
begin
  insert into chaos.run_moves (instance, run, before, after, epoch, attempt, active)
  select new.connector_instance_id, new.run_id, case tg_op when 'UPDATE' then old.state end, new.state, new.epoch, new.attempt,
         (select count(*) from runs r where r.connector_instance_id = new.connector_instance_id
             and r.state in ('starting', 'running', 'waiting_for_interaction'));
  return null;
end $$;
create function chaos.note_lease() returns trigger language plpgsql as $$
begin
  insert into chaos.lease_moves (instance, before, after) values (new.connector_instance_id, old.epoch, new.epoch);
  return null;
end $$;
create trigger chaos_note after insert or update of state, epoch, attempt on runs for each row execute function chaos.note_run();
create trigger chaos_note after update of epoch on instance_leases for each row execute function chaos.note_lease();`;

/** Makes the database write down every move of runs and leases, whoever makes it. */
export async function watchTransitions(pool: Pool): Promise<void> {
  await pool.query(WATCH);
}

/** What must never have happened, each with an example; empty when all is well. */
export async function illegalMoves(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ fault: string }>(`
    select 'two active runs: ' || to_jsonb(m)::text as fault from chaos.run_moves m where active > 1
    union all
    select 'a lease went back: ' || to_jsonb(m)::text from chaos.lease_moves m where after < before
    union all
    select 'a run left its end: ' || to_jsonb(m)::text from chaos.run_moves m
     where before in ('succeeded', 'failed', 'cancelled', 'abandoned', 'skipped') and after <> before
    union all
    select 'an attempt without a new epoch: ' || to_jsonb(s)::text from (
      select *, lag(epoch) over (partition by instance order by seq) as last_epoch from chaos.run_moves
       where after = 'starting' and before = 'pending') s
     where epoch <= last_epoch
    limit 20`);
  return rows.map(({ fault }) => fault);
}

const NOTE_WRITERS = `
create table chaos.writes (seq bigserial, writer text, what text);
create function chaos.note_writer() returns trigger language plpgsql as $$
begin
  insert into chaos.writes (writer, what) values (current_setting('application_name'), tg_table_name);
  return null;
end $$;`;
const WRITTEN = ['records', 'checkpoints', 'runs', 'run_events', 'run_attempts', 'run_logs'];

/** Makes the database write down who writes what of runs, by the name of the session. After `watchTransitions`. */
export async function watchWriters(pool: Pool): Promise<void> {
  await pool.query(NOTE_WRITERS);
  for (const table of WRITTEN) {
    await pool.query(
      `create trigger chaos_writer after insert or update or delete on ${table} for each row execute function chaos.note_writer()`,
    );
  }
}

/** Number of the newest write that was noted. */
export async function lastWrite(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ seq: number | null }>('select max(seq) as seq from chaos.writes');
  return rows[0]?.seq ?? 0;
}

/** What these runtimes wrote after that write, a line each. */
export async function writesSince(pool: Pool, seq: number, processIds: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `select writer || ' wrote ' || what || ' ' || count(*) || ' times' as line from chaos.writes
      where seq > $1 and writer = any ($2::text[]) group by writer, what`,
    [seq, processIds.map((processId) => `cc-runtime-${processId}`)],
  );
  return rows.map(({ line }) => line);
}
