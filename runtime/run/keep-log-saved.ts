import type { Readable } from 'node:stream';
import type { RunJournal } from '../apis/ports.ts';
import type { RunKey } from '../apis/run.ts';
import type { LogKeeper } from '../redaction/log-keeper.ts';

/** What is saved, where, and how often. */
export interface LogSaving {
  readonly stderr: Readable;
  readonly log: LogKeeper;
  readonly journal: RunJournal;
  readonly key: RunKey;
  readonly everyMs: number;
}

/**
 * Drains stderr for as long as it flows and saves the kept end of the log now and then while it changes, so that it can be followed.
 * A save that fails is made good by the next one; the log never fails a run.
 */
export function keepLogSaved({ stderr, log, journal, key, everyMs }: LogSaving): { stop(): Promise<void> } {
  let savedBytes = 0;
  let saving: Promise<void> = Promise.resolve();
  const save = (): void => {
    const { text, bytesObserved } = log.log();
    if (bytesObserved === savedBytes) return;
    savedBytes = bytesObserved;
    saving = saving
      .then(() => journal.saveLog(key, { text: text.replaceAll('\0', '\ufffd'), bytesObserved }))
      .catch(() => {
        savedBytes = -1;
      });
  };
  const drained = new Promise<void>((resolve) => {
    stderr.on('data', (chunk: Buffer) => log.write(chunk));
    stderr.once('close', resolve);
    stderr.once('error', () => resolve());
  });
  const timer = setInterval(save, everyMs);
  return {
    async stop() {
      await drained;
      clearInterval(timer);
      log.end();
      await saving;
      savedBytes = -1;
      if (log.log().bytesObserved > 0) save();
      await saving;
    },
  };
}
