import type { AttemptOutcome, RunAssignment, RunEvent, RunKey } from '../../runtime/apis/run.ts';
import type { RunJournal } from '../../runtime/apis/ports.ts';
import { typeSpec } from './stored-run.ts';

/** A claimed manual attempt of a type with one stream; `mods` replace members. */
export function assignment(mods: Partial<RunAssignment> = {}): RunAssignment {
  return {
    connectorInstanceId: '00000000-0000-7000-8000-000000000001',
    runId: '00000000-0000-7000-8000-000000000002',
    attempt: 1,
    epoch: 1,
    namespace: 'default',
    connectorName: 'c',
    connectorKey: 'test',
    typeVersion: '1.0.0',
    type: typeSpec(),
    typeOrigin: { kind: 'folder', folder: '/' },
    revision: 'r1',
    trigger: 'manual',
    traceId: 'trace',
    config: {},
    credentials: { mode: 'none' },
    collection: {},
    execution: {},
    ...mods,
  };
}

/** What a journal was asked to write. */
export interface Written {
  readonly events: RunEvent[];
  readonly ends: { outcome: AttemptOutcome; event: RunEvent; retry: { delayMs: number } | null }[];
}

/** A journal in memory; `mods` replace methods. */
export function memoryJournal(mods: Partial<RunJournal> = {}): RunJournal & Written {
  const events: RunEvent[] = [];
  const ends: Written['ends'] = [];
  return {
    events,
    ends,
    begin: async (_key: RunKey, event: RunEvent) => void events.push(event),
    append: async (_key: RunKey, more: readonly RunEvent[]) => void events.push(...more),
    saveLog: async () => undefined,
    beginCommit: async () => true,
    finish: async (_key, outcome, event, retry) => {
      ends.push({ outcome, event, retry });
      return retry === null ? outcome.state : 'pending';
    },
    ...mods,
  };
}
