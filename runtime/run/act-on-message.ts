import type { Fault } from '../../platform/errors.ts';
import type { CheckpointStore } from '../apis/ports.ts';
import type { IngestRecord, RunKey, StoredCheckpoint } from '../apis/run.ts';
import { gapOfSkip, type KnownGaps, type Redact } from '../protocol/known-gaps.ts';
import type { SkipMessage, StateMessage } from '../protocol/messages/message.ts';
import type { SessionEffect } from '../protocol/session.ts';
import type { Timeline } from './timeline.ts';

/** Where the records of one run go. */
export interface RunIngest {
  /** Takes a record of `bytes` raw bytes; a promise means: wait before the next one. */
  write(record: IngestRecord, bytes: number): Promise<void> | undefined;
  /** Resolves when every record that was written before is durable. */
  barrier(): Promise<void>;
}

/** What messages act on. */
export interface ActParts {
  readonly key: RunKey;
  readonly ingest: RunIngest;
  readonly timeline: Timeline;
  readonly gaps: KnownGaps;
  readonly redact: Redact;
  readonly checkpoints: CheckpointStore;
  readonly intent: CommitIntent;
}

/** Whether cursors are committed, and when: at the end, or as they come. */
export interface CommitIntent {
  readonly persist: boolean;
  readonly policy: 'AtDone' | 'Incremental';
  /** Checkpoints that a scoped stream declares as its parent: they wait for the end under every policy. */
  readonly gated: ReadonlySet<string>;
}

/** A cursor in an event is told whole up to this length. */
const MAX_EVENT_CURSOR_CHARS = 8_192;
/** Cursors that wait for their records; beyond it the connector is held back. */
const MAX_WAITING_CHARS = 2 * 2 ** 20;
/** What one waiting STATE weighs beside its cursor. */
const STATE_OVERHEAD_CHARS = 512;

/** Turns the messages of one run into records, staged cursors, events and gaps. */
export class MessageActions {
  readonly #parts: ActParts;
  /** Cursors that were committed as they came, newest of each. */
  readonly committed = new Map<string, string>();
  readonly #stagedStreams = new Set<string>();
  #waitingChars = 0;
  #staging: Promise<void> = Promise.resolve();
  #stagingFailure: { error: unknown } | null = null;

  constructor(parts: ActParts) {
    this.#parts = parts;
  }

  /** A promise means: read on only when it resolved. */
  act(effect: SessionEffect): Promise<void> | undefined {
    if (this.#stagingFailure !== null) throw this.#stagingFailure.error as Fault;
    switch (effect.kind) {
      case 'record':
        return this.#parts.ingest.write(effect.record, effect.bytes);
      case 'state':
        return this.#queueStage(effect);
      case 'progress':
        return this.#parts.timeline.progress(effect);
      case 'skip':
        return this.#skip(effect);
      case 'done':
      case 'violation':
        return undefined;
    }
  }

  /** Resolves when every cursor so far is staged, which takes the records before it to be durable. */
  async settle(): Promise<void> {
    await this.#staging;
    if (this.#stagingFailure !== null) throw this.#stagingFailure.error as Fault;
  }

  /** A STATE waits behind its records without holding up those that follow it, unless too much of it waits. */
  #queueStage(state: StateMessage): Promise<void> | undefined {
    const durable = this.#parts.ingest.barrier();
    // Each barrier settles by itself; awaited one after the other so that cursors are staged in order.
    durable.catch(() => undefined);
    this.#waitingChars += state.cursorText.length + STATE_OVERHEAD_CHARS;
    this.#staging = this.#staging
      .then(() => durable)
      .then(() => this.#stage(state))
      .finally(() => {
        this.#waitingChars -= state.cursorText.length + STATE_OVERHEAD_CHARS;
      });
    this.#staging.catch((error: unknown) => {
      this.#stagingFailure ??= { error };
    });
    return this.#waitingChars > MAX_WAITING_CHARS ? this.settle() : undefined;
  }

  async #stage(state: StateMessage): Promise<void> {
    this.#stagedStreams.add(state.stream);
    const { intent, timeline } = this.#parts;
    await timeline.add({
      type: 'run.state_staged',
      data: {
        stream: state.stream,
        cursor: eventCursor(state.cursorText),
        checkpoint_mode: intent.policy,
        state_commit_intent: intent.persist,
        states_staged: this.#stagedStreams.size,
      },
    });
    if (intent.persist && intent.policy === 'Incremental' && !intent.gated.has(state.stream)) await this.#commitNow(state);
  }

  async #commitNow(checkpoint: StoredCheckpoint): Promise<void> {
    const data = { stream: checkpoint.stream, states_committed: this.committed.size + (this.committed.has(checkpoint.stream) ? 0 : 1) };
    await this.#parts.checkpoints.commit(this.#parts.key, checkpoint, { type: 'run.state_committed', data });
    this.committed.set(checkpoint.stream, checkpoint.cursorText);
  }

  async #skip(skip: SkipMessage): Promise<void> {
    const gap = gapOfSkip(skip, this.#parts.redact);
    this.#parts.gaps.add(gap);
    await this.#parts.timeline.add({ type: 'run.stream_skipped', data: { ...gap } });
  }
}

function eventCursor(cursorText: string): unknown {
  if (cursorText.length > MAX_EVENT_CURSOR_CHARS) return { truncated: true, bytes: Buffer.byteLength(cursorText) };
  return JSON.parse(cursorText);
}
