import type { Ids } from '../../platform/ids.ts';
import { apiError } from '../apis/errors.ts';
import type { ConnectorActions, ReadConnector } from '../apis/gateway-ports.ts';
import type { Actor, AuditEvent } from '../apis/rows.ts';
import type { RunControls } from '../apis/runs.ts';
import { cancelRun } from '../dispatch/cancel-run.ts';
import { replayRun } from '../dispatch/replay-run.ts';
import { startRun } from '../dispatch/start-run.ts';
import { appendAudit } from '../store/audit.ts';
import { pauseSchedule, resumeSchedule } from '../store/instances/pause-schedule.ts';
import { readActiveRun } from '../store/leases.ts';
import type { Database, Queryable } from '../store/queryable.ts';
import { endWaitingRuns } from '../store/runs/end-waiting-runs.ts';
import { makeInstancesDue } from '../store/runs/make-instances-due.ts';

/** What owners' actions stand on. */
export interface ActionParts {
  readonly db: Database;
  readonly controls: RunControls;
  readonly ids: Ids;
}

/** What an owner does to a connector beside its document; every deed leaves an audit row, a refused one too. */
export function composeActions({ db, controls, ids }: ActionParts): ConnectorActions {
  return {
    pause: (target, actor, requestId) =>
      changeSchedule({ db, target, actor, requestId, action: 'connector.schedule.pause' }, async (tx) => {
        const changed = await pauseSchedule(tx, target.instanceId, { ...actor });
        if (changed) await endWaitingRuns(tx, [target.instanceId], 'scheduled', 'the schedule was paused by its owner');
        return changed;
      }),
    resume: (target, actor, requestId) =>
      changeSchedule({ db, target, actor, requestId, action: 'connector.schedule.resume' }, (tx) => resumeSchedule(tx, target.instanceId)),
    reconcile: (target, actor, requestId) =>
      changeSchedule({ db, target, actor, requestId, action: 'connector.reconcile' }, async () => true),
    run: (target, actor, requestId) =>
      audited({ db, target, actor, requestId, action: 'connector.run.start' }, () =>
        startRun({ controls, ids }, target.instanceId, { ...actor }),
      ),
    cancel: (target, runId, actor, requestId) =>
      audited({ db, target, actor, requestId, action: 'connector.run.cancel' }, async () => {
        const active = runId ?? (await readActiveRun(db, target.instanceId));
        if (active === null) throw apiError('NotFound', { kind: 'active run of connector', name: target.view.metadata.name });
        return { runId: active, result: await cancelRun(controls, { instanceId: target.instanceId, runId: active }, { ...actor }) };
      }),
    replay: (target, runId, actor, requestId) =>
      audited({ db, target, actor, requestId, action: 'connector.run.replay' }, () =>
        replayRun({ controls, ids }, { instanceId: target.instanceId, runId }, { ...actor }),
      ),
  };
}

interface Deed {
  readonly db: Database;
  readonly target: ReadConnector;
  readonly actor: Actor;
  readonly requestId: string;
  readonly action: string;
}

/** Change and audit in one transaction; the next pass tells it in the status. */
async function changeSchedule(deed: Deed, change: (tx: Queryable) => Promise<boolean>): Promise<void> {
  await deed.db.transaction(async (tx) => {
    const changed = await change(tx);
    await appendAudit(tx, [auditOf(deed, changed ? 'carried_out' : 'unchanged')]);
    await makeInstancesDue(tx, [deed.target.instanceId]);
  });
}

async function audited<T>(deed: Deed, act: () => Promise<T>): Promise<T> {
  try {
    const result = await act();
    await appendAudit(deed.db, [auditOf(deed, 'carried_out')]);
    return result;
  } catch (error) {
    const reason = (error as { reason?: unknown }).reason;
    await appendAudit(deed.db, [{ ...auditOf(deed, 'refused'), ...(typeof reason === 'string' ? { reason } : {}) }]);
    throw error;
  }
}

function auditOf({ target, actor, requestId, action }: Deed, outcome: AuditEvent['outcome']): AuditEvent {
  const { namespace = 'default', name } = target.view.metadata;
  return { actor, action, outcome, namespace, name, instanceId: target.instanceId, requestId };
}
