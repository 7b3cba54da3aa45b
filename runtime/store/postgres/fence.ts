import { Fault } from '../../../platform/errors.ts';
import type { RunKey } from '../../apis/run.ts';

/**
 * Head of every writing statement; its parameters $1 to $3 come from `fenceValues`. `for share`: writers of one run do not wait for each
 * other, but raising the epoch waits for them, and whoever waited here for a new epoch finds no row. Materialized by its lock, so it is
 * decided before anything that reads from it. One autocommitted statement, sent whole: a process that stops in between holds no lock.
 */
export const WITH_FENCE = `with fence as materialized (
  select 1 from instance_leases where connector_instance_id = $1 and run_id = $2 and epoch = $3 for share)`;

/** The first three parameters of a fenced statement. */
export function fenceValues(key: RunKey): [string, string, number] {
  return [key.connectorInstanceId, key.runId, key.epoch];
}

/** The fault of a write under an epoch that is no longer in force. Nothing was written. */
export function leaseLost(key: RunKey): Fault {
  return new Fault({
    reason: 'LeaseLost',
    message: `run ${key.runId} no longer holds the lease of its instance; nothing was written`,
    hint: 'stop the connector: another attempt is, or will be, in force',
    disposition: { kind: 'stall' },
    details: { connector_instance_id: key.connectorInstanceId, run_id: key.runId, attempt: key.attempt, epoch: key.epoch },
  });
}
