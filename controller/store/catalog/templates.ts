import type { PolicyTemplateSpec } from '../../../schemas/policy-template.ts';
import type { Queryable } from '../queryable.ts';

/** Makes the stored templates exactly these; unchanged ones write nothing. True when something changed. */
export async function replaceTemplates(tx: Queryable, templates: ReadonlyMap<string, PolicyTemplateSpec>): Promise<boolean> {
  const rows = JSON.stringify([...templates].map(([name, document]) => ({ name, document })));
  const gone = await tx.query(
    `delete from policy_templates where name not in (select x."name" from jsonb_to_recordset($1::jsonb) as x("name" text))`,
    [rows],
  );
  const written = await tx.query(
    `insert into policy_templates as t (name, document)
     select x."name", x."document" from jsonb_to_recordset($1::jsonb) as x("name" text, "document" jsonb)
     on conflict (name) do update set document = excluded.document, updated_at = now() where t.document is distinct from excluded.document`,
    [rows],
  );
  return (gone.rowCount ?? 0) + (written.rowCount ?? 0) > 0;
}

/** Stored templates by name. */
export async function readTemplates(db: Queryable): Promise<Map<string, PolicyTemplateSpec>> {
  const { rows } = await db.query(`select name, document from policy_templates order by name`);
  return new Map(rows.map((row) => [row['name'] as string, row['document'] as PolicyTemplateSpec]));
}
