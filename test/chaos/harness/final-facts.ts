import type { Pool } from '../../../platform/postgres/connect.ts';

/** What an input must come to, however often things died on the way; times, ids and version numbers left out. */
export type FinalFacts = Readonly<Record<string, readonly string[]>>;

const QUERIES: Readonly<Record<string, string>> = {
  records: `select i.name, r.stream, r.key, r.deleted, r.data::text from records r join connector_instances i using (connector_instance_id)
             order by 1, 2, r.key`,
  checkpoints: `select i.name, c.namespace, c.stream, c.cursor::text from checkpoints c join connector_instances i using (connector_instance_id)
                 order by 1, 2, 3`,
  instances: `select namespace, name, owner_type, owner_id, project_id, connector_key, connector_type_version, config_schema_version,
                     display_name, enabled, revision, config, credentials, policy, limits, collection, inbound, execution, status, phase,
                     phase_reason, deleted_at, purge_after
                from connector_instances order by 1, 2`,
  schedules: `select i.name, s.schedule, s.suspended, s.paused_at, s.due_at from schedules s join connector_instances i using (connector_instance_id)
               order by 1`,
  specs: `select namespace, name, generation, observed_generation, spec, spec_digest, accepted_revision, findings, source_error, claims,
                 reconcile_paused_at, deletion_requested_at, status -> 'phase' as phase,
                 (select jsonb_agg(jsonb_build_array(c ->> 'type', c ->> 'status', c ->> 'reason') order by c ->> 'type')
                    from jsonb_array_elements(status -> 'conditions') c) as conditions
            from connector_specs order by 1, 2`,
};

/** Reads the facts of one database. */
export async function finalFacts(pool: Pool): Promise<FinalFacts> {
  const facts: Record<string, string[]> = {};
  for (const [name, text] of Object.entries(QUERIES)) facts[name] = (await pool.query(text)).rows.map((row) => JSON.stringify(row));
  return facts;
}

/** The first lines in which two sets of facts differ; empty when they are equal. */
export function differences(undisturbed: FinalFacts, disturbed: FinalFacts): string[] {
  return Object.keys(undisturbed).flatMap((name) => {
    const [wanted, found] = [undisturbed[name] ?? [], disturbed[name] ?? []];
    const [wantedSet, foundSet] = [new Set(wanted), new Set(found)];
    const missing = wanted.filter((line) => !foundSet.has(line)).slice(0, 3);
    const extra = found.filter((line) => !wantedSet.has(line)).slice(0, 3);
    return [...missing.map((line) => `${name} misses ${line}`), ...extra.map((line) => `${name} has ${line}`)];
  });
}

/** What an idle database must not contain; each line one fault. */
export async function leftovers(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ fault: string }>(`
    select 'a lease is stuck: ' || to_jsonb(l)::text as fault from instance_leases l
      left join runs r on r.connector_instance_id = l.connector_instance_id and r.run_id = l.run_id
     where l.run_id is not null and (r.run_id is null or r.finished_at is not null)
    union all
    select 'a run is neither over nor waiting: ' || run_id || ' ' || state from runs
     where state not in ('succeeded', 'failed', 'cancelled', 'abandoned', 'skipped') and not (state = 'pending' and due_at is not null)
    union all
    select 'a run has ' || count(e.seq) || ' terminal events: ' || r.run_id || ' ' || r.state from runs r
      left join run_events e on e.connector_instance_id = r.connector_instance_id and e.run_id = r.run_id
       and e.type in ('run.completed', 'run.failed')
     where r.state in ('succeeded', 'failed', 'cancelled', 'abandoned', 'skipped')
     group by r.run_id, r.state having count(e.seq) <> case r.state when 'skipped' then 0 else 1 end
    union all
    select 'an attempt is open: ' || a.run_id || ' ' || a.attempt || ' ' || a.state from run_attempts a
      join runs r on r.connector_instance_id = a.connector_instance_id and r.run_id = a.run_id
     where r.finished_at is not null and a.finished_at is null
    union all
    select 'two attempts under one epoch: ' || connector_instance_id || ' ' || epoch from run_attempts
     group by connector_instance_id, epoch having count(*) > 1
    union all
    select 'a version is above its counter: ' || r.stream || ' ' || r.version from records r
      join stream_versions v using (connector_instance_id, stream) where r.version > v.version
    union all
    select 'a version is there twice: ' || stream || ' ' || version from (
      select connector_instance_id, stream, version from records union all
      select connector_instance_id, stream, version from record_changes) versions
     group by connector_instance_id, stream, version having count(*) > 1
    union all
    select 'the history of a key has a gap: ' || h.stream || ' ' || h.key || ' ' || h.version from (
      select connector_instance_id, stream, key, version, superseded_by,
             lead(version) over (partition by connector_instance_id, stream, key order by version) as next_version from record_changes) h
      left join records r using (connector_instance_id, stream, key)
     where h.superseded_by is distinct from coalesce(h.next_version, r.version)
    limit 20`);
  return rows.map(({ fault }) => fault);
}
