import { apiError } from '../../apis/errors.ts';
import type { AuditEvent } from '../../apis/rows.ts';
import type { GatewayParts, RequestActor } from '../../gateway/gateway-parts.ts';
import { appendAudit } from '../../store/audit.ts';
import { countBySource } from '../../store/fleet-numbers.ts';
import type { Database } from '../../store/queryable.ts';
import { confirmRemoval, listSources, readSource, releaseSource } from '../../store/sources/sources.ts';

/** Sources over PostgreSQL; release and confirmation are audited in the transaction that does them. */
export function composeSourceActions(db: Database): GatewayParts['sources'] {
  return {
    async list() {
      const [sources, counts] = await Promise.all([listSources(db), countBySource(db)]);
      return sources.map((source) => ({ ...source, documents: counts.get(source.name) ?? 0 }));
    },
    release: (name, by) =>
      db.transaction(async (tx) => {
        if ((await readSource(tx, name)) === null) throw apiError('NotFound', { kind: 'source', name });
        const released = await releaseSource(tx, name);
        await appendAudit(tx, [auditOf(name, by, 'connector.source.release')]);
        return released;
      }),
    confirm: (name, by) =>
      db.transaction(async (tx) => {
        const pending = (await readSource(tx, name))?.pendingRemoval ?? null;
        if (pending === null || !(await confirmRemoval(tx, name, pending.token))) return null;
        await appendAudit(tx, [auditOf(name, by, 'connector.source.confirm_removal')]);
        return pending.count;
      }),
  };
}

function auditOf(source: string, { actor, requestId }: RequestActor, action: string): AuditEvent {
  return { actor, action, outcome: 'carried_out', source, requestId };
}
