import { expect, test } from '@jest/globals';
import type { RunRow } from '../../../../controller/apis/runs.ts';
import { projectRun } from '../../../../controller/dispatch/run-projection.ts';

const at = new Date('2026-05-01T10:00:00Z');
const row: RunRow = {
  instanceId: 'i',
  runId: 'r',
  namespace: 'default',
  connectorName: 'c',
  connectorKey: 'k',
  connectorTypeVersion: '1.2.0',
  revision: 'rev',
  trigger: 'schedule',
  runner: 'subprocess',
  state: 'pending',
  reason: 'RuntimeLost',
  message: 'gone',
  failureClass: 'transient',
  attempt: 2,
  traceId: 't',
  requestedBy: { name: 'somebody' },
  scheduledFor: at,
  dueAt: at,
  cancelRequestedAt: null,
  createdAt: at,
  startedAt: at,
  finishedAt: null,
  recordsEmitted: 7,
  streams: [{ name: 'items', records: 7 }],
  checkpoint: null,
  knownGaps: [],
  violation: null,
  connectorError: null,
  deadLetteredAt: null,
};

test('[RT-4.5] a run is shown with every field, times as text, what is unknown as null', () => {
  expect(projectRun(row)).toEqual({
    id: 'r',
    state: 'pending',
    reason: 'RuntimeLost',
    message: 'gone',
    failureClass: 'transient',
    attempt: 2,
    trigger: 'schedule',
    traceId: 't',
    revision: 'rev',
    typeVersion: '1.2.0',
    scheduledFor: '2026-05-01T10:00:00.000Z',
    createdAt: '2026-05-01T10:00:00.000Z',
    nextAttemptAt: '2026-05-01T10:00:00.000Z',
    cancelRequestedAt: null,
    startedAt: '2026-05-01T10:00:00.000Z',
    finishedAt: null,
    recordsEmitted: 7,
    streams: [{ name: 'items', records: 7 }],
    checkpoint: null,
    knownGaps: [],
    violation: null,
    connectorError: null,
    deadLetteredAt: null,
  });
});

test('[RT-4.5] only a waiting retry has a next attempt', () => {
  expect(projectRun({ ...row, attempt: 1 }).nextAttemptAt).toBeNull();
  expect(projectRun({ ...row, state: 'running' }).nextAttemptAt).toBeNull();
});
