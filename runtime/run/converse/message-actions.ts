import type { CheckpointStore } from '../../apis/ports.ts';
import type { RunKey, StoredCheckpoint } from '../../apis/run.ts';
import { gapOfSkip, type KnownGaps } from '../../protocol/known-gaps.ts';
import type { SkipMessage, StateMessage } from '../../protocol/messages/message.ts';
import type { SchemaSample } from '../../protocol/manifest/schema-sample.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import type { RunIngest } from '../run-parts.ts';
import type { CollectedMessage } from './conversation.ts';
import { eventCursor } from './event-cursor.ts';
import type { Timeline } from './timeline.ts';

/** What messages act on. */
export interface ActParts {
  readonly key: RunKey;
  readonly ingest: Pick<RunIngest, 'write' | 'barrier' | 'close'>;
  readonly timeline: Timeline;
  readonly gaps: KnownGaps;
  readonly sample: Pick<SchemaSample, 'look'>;
  readonly redactor: Pick<Redactor, 'text' | 'json'>;
  readonly checkpoints: Pick<CheckpointStore, 'commit'>;
  readonly intent: CommitIntent;
}

/** Whether cursors are committed, and when: at the end, or as they come. */
export interface CommitIntent {
  readonly persist: boolean;
  readonly policy: 'AtDone' | 'Incremental';
  /** Checkpoints that a scoped stream declares as its parent: they wait for the end under every policy. */
  readonly gated: ReadonlySet<string>;
}

/** Cursors that wait for their records; beyond it the connector is held back. */
const MAX_WAITING_CHARS = 2 * 2 ** 20;
/** What one waiting STATE weighs beside its cursor. */
const STATE_OVERHEAD_CHARS = 512;

/** Turns the messages of one run into records, staged cursors, events and gaps. */
export class MessageActions {
  readonly #parts: ActParts;
  /** Newest cursor of each checkpoint whose records are durable: what may be committed. */
  readonly staged = new Map<string, string>();
  /** Cursors that were committed as they came, newest of each. */
  readonly committed = new Map<string, string>();
  #waitingChars = 0;
  #staging: Promise<void> = Promise.resolve();
  #stagingFailure: { error: unknown } | null = null;

  constructor(parts: ActParts) {
    this.#parts = parts;
  }

  /** A promise means: read on only when it resolved. Throws when staging an earlier cursor failed. */
  act(message: CollectedMessage): Promise<void> | undefined {
    this.#throwStagingFailure();
    switch (message.kind) {
      case 'record':
        this.#parts.sample.look(message.record);
        return this.#parts.ingest.write(message.record, message.bytes);
      case 'state':
        return this.#queueStage(message);
      case 'progress':
        return this.#parts.timeline.progress(message);
      case 'skip':
        return this.#skip(message);
    }
  }

  /** Makes everything that was accepted durable: records first, then the cursors and events behind them. */
  async settle(): Promise<void> {
    await this.#parts.ingest.close();
    await this.#stagedAll();
    await this.#parts.timeline.settle();
  }

  async #stagedAll(): Promise<void> {
    await this.#staging.catch(() => undefined);
    this.#throwStagingFailure();
  }

  /** A STATE waits behind its records without holding up those that follow it, unless too much of it waits. */
  #queueStage(state: StateMessage): Promise<void> | undefined {
    const durable = this.#parts.ingest.barrier();
    // Awaited one after the other, so that cursors are staged in order; a failure shows there.
    durable.catch(() => undefined);
    const weight = state.cursorText.length + STATE_OVERHEAD_CHARS;
    this.#waitingChars += weight;
    this.#staging = this.#staging
      .then(() => durable)
      .then(() => this.#stage(state))
      .finally(() => {
        this.#waitingChars -= weight;
      });
    this.#staging.catch((error: unknown) => {
      this.#stagingFailure ??= { error };
    });
    return this.#waitingChars > MAX_WAITING_CHARS ? this.#stagedAll() : undefined;
  }

  async #stage(state: StateMessage): Promise<void> {
    this.staged.set(state.stream, state.cursorText);
    const { intent, timeline, redactor } = this.#parts;
    await timeline.add({
      type: 'run.state_staged',
      data: {
        stream: state.stream,
        cursor: redactor.json(eventCursor(state.cursorText)),
        checkpoint_mode: intent.policy,
        state_commit_intent: intent.persist,
        states_staged: this.staged.size,
      },
    });
    if (intent.persist && intent.policy === 'Incremental' && !intent.gated.has(state.stream)) await this.#commitNow(state);
  }

  async #commitNow({ stream, cursorText }: StoredCheckpoint): Promise<void> {
    const { checkpoints, key } = this.#parts;
    const states = new Set(this.committed.keys()).add(stream).size;
    await checkpoints.commit(key, { stream, cursorText }, { type: 'run.state_committed', data: { stream, states_committed: states } });
    this.committed.set(stream, cursorText);
  }

  async #skip(skip: SkipMessage): Promise<void> {
    const gap = gapOfSkip(skip, this.#parts.redactor.text);
    this.#parts.gaps.add(gap);
    await this.#parts.timeline.add({ type: 'run.stream_skipped', data: { ...gap } });
  }

  #throwStagingFailure(): void {
    if (this.#stagingFailure !== null) throw this.#stagingFailure.error;
  }
}
