import type { Clock } from '../../platform/clock.ts';
import type { RunJournal } from '../apis/ports.ts';
import type { RunEvent, RunKey } from '../apis/run.ts';
import type { ProgressMessage } from '../protocol/messages/message.ts';
import { type Redact, storedText } from '../protocol/known-gaps.ts';

/** Of a flood of PROGRESS ten a second are stored; the newest wins (protocol A5). */
const PROGRESS_INTERVAL_MS = 100;
/** Events that wait for one write at most; beyond it the reader waits. */
const MAX_WAITING = 256;

/**
 * Writes the events of one attempt in order and in batches: one write at a time, whatever came meanwhile goes with the next.
 * A failed write is kept and thrown by the next call, so that no event is lost silently.
 */
export class Timeline {
  readonly #journal: RunJournal;
  readonly #key: RunKey;
  readonly #clock: Clock;
  readonly #redact: Redact;
  #waiting: RunEvent[] = [];
  #writing: Promise<void> | null = null;
  #failure: unknown;
  #progress: RunEvent | null = null;
  #progressAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: { journal: RunJournal; key: RunKey; clock: Clock; redact: Redact }) {
    this.#journal = parts.journal;
    this.#key = parts.key;
    this.#clock = parts.clock;
    this.#redact = parts.redact;
  }

  /** Queues an event. Resolves at once unless too many wait. */
  async add(event: RunEvent): Promise<void> {
    this.#throwFailure();
    this.#waiting.push(event);
    this.#writing ??= this.#write();
    while (this.#waiting.length >= MAX_WAITING && this.#failure === undefined) await this.#writing;
  }

  /** Queues a PROGRESS (RT-4.3), or keeps it back as the newest of a flood. */
  async progress(message: ProgressMessage): Promise<void> {
    const { kind: _, ...facts } = message;
    this.#progress = { type: 'run.progress_reported', data: { ...facts, message: storedText(message.message, this.#redact) } };
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#progressAtMs < PROGRESS_INTERVAL_MS) return;
    this.#progressAtMs = nowMs;
    await this.#releaseProgress();
  }

  /** Resolves when everything queued is durable; throws the first failure. */
  async settle(): Promise<void> {
    await this.#releaseProgress();
    while (this.#writing !== null) await this.#writing;
    this.#throwFailure();
  }

  async #releaseProgress(): Promise<void> {
    const event = this.#progress;
    this.#progress = null;
    if (event !== null) await this.add(event);
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && this.#failure === undefined) {
        const batch = this.#waiting;
        this.#waiting = [];
        await this.#journal.append(this.#key, batch);
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#writing = null;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
