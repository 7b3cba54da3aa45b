import type { Clock } from '../../../platform/clock.ts';
import type { RunJournal } from '../../apis/ports.ts';
import type { RunEvent, RunKey } from '../../apis/run.ts';
import { type Redact, storedText } from '../../protocol/known-gaps.ts';
import type { ProgressMessage } from '../../protocol/messages/message.ts';

/** Of a flood of PROGRESS ten a second are stored; the newest wins (protocol A5). */
const PROGRESS_INTERVAL_MS = 100;
/** Events that wait for one write at most; beyond it the reader waits. */
const MAX_WAITING = 256;

/**
 * Writes the events of one attempt in order and in batches: one write at a time, whatever came meanwhile goes with the next.
 * A failed write is kept and thrown by every later call, so that no event is lost silently.
 */
export class Timeline {
  readonly #journal: Pick<RunJournal, 'append'>;
  readonly #key: RunKey;
  readonly #clock: Clock;
  readonly #redact: Redact;
  #waiting: RunEvent[] = [];
  #writing: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;
  /** The newest PROGRESS of a flood, until its turn comes. */
  #heldBack: RunEvent | null = null;
  #release: NodeJS.Timeout | undefined;
  #progressAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: { journal: Pick<RunJournal, 'append'>; key: RunKey; clock: Clock; redact: Redact }) {
    this.#journal = parts.journal;
    this.#key = parts.key;
    this.#clock = parts.clock;
    this.#redact = parts.redact;
  }

  /** Queues an event. Resolves at once unless too many wait. */
  async add(event: RunEvent): Promise<void> {
    this.#enqueue(event);
    while (this.#waiting.length >= MAX_WAITING && this.#failure === null) await this.#writing;
  }

  /** Queues a PROGRESS (RT-4.3), or keeps it back as the newest of a flood. */
  async progress(message: ProgressMessage): Promise<void> {
    this.#throwFailure();
    const { kind: _, ...facts } = message;
    const event = { type: 'run.progress_reported', data: { ...facts, message: storedText(message.message, this.#redact) } };
    const waitMs = this.#progressAtMs + PROGRESS_INTERVAL_MS - this.#clock.monotonicMs();
    if (waitMs <= 0) return this.#report(event);
    this.#heldBack = event;
    this.#release ??= setTimeout(() => this.#releaseHeldBack(), waitMs);
  }

  /** Resolves when everything queued is durable; throws the first failure. */
  async settle(): Promise<void> {
    this.#releaseHeldBack();
    while (this.#writing !== null) await this.#writing;
    this.#throwFailure();
  }

  /** Writes nothing more that has not been handed on. */
  abandon(): void {
    clearTimeout(this.#release);
    this.#heldBack = null;
    this.#waiting = [];
  }

  #report(event: RunEvent): Promise<void> {
    clearTimeout(this.#release);
    this.#release = undefined;
    this.#heldBack = null;
    this.#progressAtMs = this.#clock.monotonicMs();
    return this.add(event);
  }

  #releaseHeldBack(): void {
    const event = this.#heldBack;
    // A failure is told by the next call of somebody who can act on it.
    if (event !== null && this.#failure === null) this.#report(event).catch(() => undefined);
  }

  #enqueue(event: RunEvent): void {
    this.#throwFailure();
    this.#waiting.push(event);
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && this.#failure === null) {
        const batch = this.#waiting;
        this.#waiting = [];
        await this.#journal.append(this.#key, batch);
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#writing = null;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
