import type { Readable } from 'node:stream';
import type { RunJournal } from '../../apis/ports.ts';
import type { RunKey } from '../../apis/run.ts';
import type { LogKeeper } from '../../redaction/log-keeper.ts';

/** What is saved, where, and how often. */
export interface LogSaving {
  readonly stderr: Readable;
  readonly log: LogKeeper;
  readonly journal: Pick<RunJournal, 'saveLog'>;
  readonly key: RunKey;
  readonly everyMs: number;
}

/** A log that is being kept. */
export interface SavedLog {
  /** Resolves when stderr has ended, at the latest after `maxMs`. */
  ended(maxMs: number): Promise<void>;
  /** Ends the keeping, with a last save unless `save` is false. Never rejects. */
  stop(save: boolean): Promise<void>;
}

/**
 * Drains stderr for as long as it flows and saves the kept end of the log now and then while it changes, so that it can be followed.
 * A save that fails is made good by the next one; the log never fails a run.
 */
export function keepLogSaved({ stderr, log, journal, key, everyMs }: LogSaving): SavedLog {
  let savedBytes = 0;
  let saving: Promise<void> | null = null;
  const save = async (): Promise<void> => {
    const { text, bytesObserved } = log.log();
    savedBytes = bytesObserved;
    await journal.saveLog(key, { text, bytesObserved }).catch(() => {
      savedBytes = -1;
    });
    saving = null;
  };
  const drained = new Promise<void>((resolve) => {
    stderr.on('data', (chunk: Buffer) => log.write(chunk));
    stderr.once('close', resolve);
    // Its end tells as much.
    stderr.on('error', () => resolve());
  });
  const timer = setInterval(() => {
    if (log.log().bytesObserved !== savedBytes) saving ??= save();
  }, everyMs);
  return {
    ended: (maxMs) => within(drained, maxMs),
    async stop(last) {
      await drained;
      clearInterval(timer);
      log.end();
      await saving;
      if (last && log.log().bytesObserved > 0) await save();
    },
  };
}

async function within(event: Promise<void>, maxMs: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, maxMs);
  await Promise.race([event, late]);
  clearTimeout(timer);
}
