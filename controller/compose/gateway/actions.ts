import type { Ids } from '../../../platform/ids.ts';
import { apiError } from '../../apis/errors.ts';
import type { ConnectorActions, ReadConnector } from '../../apis/gateway-ports.ts';
import type { Actor, AuditEvent } from '../../apis/rows.ts';
import type { RunControls } from '../../apis/runs.ts';
import { cancelRun } from '../../dispatch/cancel-run.ts';
import { replayRun } from '../../dispatch/replay-run.ts';
import { startRun } from '../../dispatch/start-run.ts';
import { appendAudit } from '../../store/audit.ts';
import { pauseSchedule, resumeSchedule } from '../../store/instances/pause-schedule.ts';
import { readActiveRun } from '../../store/leases.ts';
import type { Database, Queryable } from '../../store/queryable.ts';
import { endWaitingRuns } from '../../store/runs/end-waiting-runs.ts';
import { makeInstancesDue } from '../../store/runs/make-instances-due.ts';

/** What owners' actions stand on. */
export interface ActionParts {
  readonly db: Database;
  readonly controls: RunControls;
  readonly ids: Ids;
}

/** What an owner does to a connector beside its document; every deed leaves an audit row, a refused one too. */
export function composeActions({ db, controls, ids }: ActionParts): ConnectorActions {
  const deed = (action: string, target: ReadConnector, actor: Actor, requestId: string): Deed => ({ db, target, actor, requestId, action });
  return {
    async pause(target, actor, requestId) {
      const changed = await change(deed('connector.schedule.pause', target, actor, requestId), async (tx) => {
        const paused = await pauseSchedule(tx, target.instanceId, { ...actor });
        if (paused) await endWaitingRuns(tx, [target.instanceId], 'scheduled', 'the schedule was paused by its owner');
        return paused;
      });
      return changed ? 'paused' : 'unchanged';
    },
    async resume(target, actor, requestId) {
      const resume = (tx: Queryable): Promise<boolean> => resumeSchedule(tx, target.instanceId);
      return (await change(deed('connector.schedule.resume', target, actor, requestId), resume)) ? 'resumed' : 'unchanged';
    },
    async reconcile(target, actor, requestId) {
      await change(deed('connector.reconcile', target, actor, requestId), async () => true);
      return 'requested';
    },
    run: (target, actor, requestId) =>
      audited(deed('connector.run.start', target, actor, requestId), async () => {
        requireAccepted(target);
        return startRun({ controls, ids }, target.instanceId, { ...actor });
      }),
    cancel: (target, runId, actor, requestId) =>
      audited(deed('connector.run.cancel', target, actor, requestId), async () => {
        const active = runId ?? (await readActiveRun(db, target.instanceId));
        if (active === null) throw apiError('NotFound', { kind: 'active run of connector', name: target.view.metadata.name });
        return { runId: active, result: await cancelRun(controls, { instanceId: target.instanceId, runId: active }, { ...actor }) };
      }),
    replay: (target, runId, actor, requestId) =>
      audited(deed('connector.run.replay', target, actor, requestId), () =>
        replayRun({ controls, ids }, { instanceId: target.instanceId, runId }, { ...actor }),
      ),
  };
}

/** Without an accepted revision there is no instance yet; the id that it will have would say nothing to whoever asks. */
function requireAccepted({ view }: ReadConnector): void {
  if (view.status.revision !== undefined) return;
  const { namespace = 'default', name } = view.metadata;
  throw apiError('RunRefused', { namespace, name, why: 'no revision of it was accepted yet' });
}

interface Deed {
  readonly db: Database;
  readonly target: ReadConnector;
  readonly actor: Actor;
  readonly requestId: string;
  readonly action: string;
}

/**
 * Change and audit in one transaction; the next pass tells it in the status. Reconcile is told after the commit: inside, the wait for a
 * spec that a pass holds would invite a deadlock.
 */
async function change(deed: Deed, work: (tx: Queryable) => Promise<boolean>): Promise<boolean> {
  const changed = await deed.db.transaction(async (tx) => {
    const done = await work(tx);
    await appendAudit(tx, [auditOf(deed, done ? 'carried_out' : 'unchanged')]);
    return done;
  });
  if (changed) await makeInstancesDue(deed.db, [deed.target.instanceId]);
  return changed;
}

/** The intent is on record before anything happens (no audit row, no deed), the outcome after it: what was done is never told as refused. */
async function audited<T>(deed: Deed, act: () => Promise<T>): Promise<T> {
  await appendAudit(deed.db, [auditOf(deed, 'accepted')]);
  const result = await act().catch(async (error: unknown) => {
    const { reason } = error as { reason?: unknown };
    await appendAudit(deed.db, [{ ...auditOf(deed, 'refused'), ...(typeof reason === 'string' ? { reason } : {}) }]);
    throw error;
  });
  await appendAudit(deed.db, [auditOf(deed, 'carried_out')]);
  return result;
}

function auditOf({ target, actor, requestId, action }: Deed, outcome: AuditEvent['outcome']): AuditEvent {
  const { namespace = 'default', name } = target.view.metadata;
  return { actor, action, outcome, namespace, name, instanceId: target.instanceId, requestId };
}
