import type { RunAssignment, RunEvent } from '../../apis/run.ts';
import type { Disposal, SandboxChild } from '../../apis/sandbox.ts';
import type { KnownGaps } from '../../protocol/known-gaps.ts';
import { defaultLimits } from '../../protocol/limits.ts';
import { SchemaSample } from '../../protocol/manifest/schema-sample.ts';
import { ProtocolSession } from '../../protocol/session.ts';
import { LogKeeper } from '../../redaction/log-keeper.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { gatedCheckpoints, type Prepared } from '../prepare/prepare-run.ts';
import { deadlineMs } from '../prepare/run-limits.ts';
import type { RunIngest, RunParts } from '../run-parts.ts';
import type { RunStop } from '../run-stop.ts';
import { Conversation, type ConversationEnd } from './conversation.ts';
import { keepLogSaved } from './keep-log-saved.ts';
import { MessageActions } from './message-actions.ts';
import { Timeline } from './timeline.ts';

/** A started attempt. */
export interface StartedRun {
  readonly run: RunAssignment;
  readonly stop: RunStop;
  readonly parts: RunParts;
  readonly prepared: Prepared;
  readonly child: SandboxChild;
  readonly redactor: Redactor;
  readonly gaps: KnownGaps;
  /** What a cursor must not contain. */
  readonly sensitiveTexts: readonly string[];
}

/** What a conversation leaves behind; no process of the run is alive any more. */
export interface Conversed {
  readonly end: ConversationEnd;
  readonly session: ProtocolSession;
  readonly actions: MessageActions;
  readonly timeline: Timeline;
  readonly sample: SchemaSample;
  readonly ingest: RunIngest;
  readonly disposal: Disposal;
}

/** From a started child to its end. Nothing in here may leave the child alive. */
export async function converse(started: StartedRun): Promise<Conversed> {
  const { run, stop, parts, prepared, child } = started;
  const pieces = await openOrDispose(started);
  const deadline = setTimeout(() => stop.stop('deadline'), deadlineMs(run));
  const conversation = new Conversation({
    child,
    session: pieces.session,
    stop,
    timings: parts.timings,
    maxLineBytes: defaultLimits.maxLineBytes,
    onMessage: (message) => pieces.actions.act(message),
    onDone: () => pieces.actions.settle(),
  });
  try {
    const end = await conversation.hold(parts.journal.begin(run, startedEvent(run, prepared)).then(() => prepared.start));
    // A last word on stderr is still in its pipe; a descendant that holds it open gets no more time.
    await pieces.saving.ended(parts.timings.stderrHeldMs);
    return { ...pieces, end, disposal: await child.dispose() };
  } catch (error) {
    pieces.ingest.abort();
    throw error;
  } finally {
    clearTimeout(deadline);
    await child.dispose();
    await pieces.saving.stop(stop.cause !== 'lost' && stop.cause !== 'beat_lost');
  }
}

/** A conversation that cannot be opened does not leave its child alive either. */
async function openOrDispose(started: StartedRun): Promise<ReturnType<typeof openPieces>> {
  try {
    return openPieces(started);
  } catch (error) {
    await started.child.dispose();
    throw error;
  }
}

/** The log, which is saved from now on, comes last: what throws before it leaves nothing running. */
function openPieces({ run, parts, prepared, child, redactor, gaps, sensitiveTexts }: StartedRun) {
  const { journal, checkpoints, clock, timings } = parts;
  const session = new ProtocolSession({ scope: prepared.checks, sensitiveValues: sensitiveTexts });
  const timeline = new Timeline({ journal, key: run, clock, redact: redactor.text });
  const sample = new SchemaSample(parts.schemas, prepared.manifest);
  const ingest = parts.openIngest(run);
  const policy = run.collection.checkpointPolicy ?? 'AtDone';
  const intent = { persist: prepared.persist, policy, gated: gatedCheckpoints(prepared) };
  const actions = new MessageActions({ key: run, ingest, timeline, gaps, sample, redactor, checkpoints, intent });
  const saving = keepLogSaved({ stderr: child.stderr, log: new LogKeeper(redactor), journal, key: run, everyMs: timings.logMs });
  return { saving, session, timeline, sample, ingest, actions };
}

/** RT-4.1. */
function startedEvent(run: RunAssignment, prepared: Prepared): RunEvent {
  return {
    type: 'run.started',
    data: {
      source: { connector_key: run.connectorKey, version: run.typeVersion, revision: run.revision },
      collection_mode: prepared.mode,
      streams: prepared.scope.streams.map((stream) => stream.name),
      bindings: Object.keys(prepared.bindings),
      state_commit_intent: prepared.persist,
      trigger: run.trigger,
      trace_id: run.traceId,
    },
  };
}
