import type { Clock } from '../../platform/clock.ts';
import { isFault } from '../../platform/errors.ts';
import { isTerminalReason, type TerminalReason } from '../../schemas/terminal-reasons.ts';
import type { CredentialResolver } from '../apis/credentials.ts';
import type { CheckpointStore, RunJournal } from '../apis/ports.ts';
import type { RunAssignment, RunEvent, RunKey } from '../apis/run.ts';
import type { Disposal, Sandbox, SandboxChild } from '../apis/sandbox.ts';
import type { SecretBundle } from '../credentials/secret-bundle.ts';
import { KnownGaps } from '../protocol/known-gaps.ts';
import { defaultLimits } from '../protocol/limits.ts';
import { failureVerdict } from '../protocol/outcome.ts';
import { ProtocolSession } from '../protocol/session.ts';
import { LogKeeper } from '../redaction/log-keeper.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import { MessageActions, type RunIngest } from './act-on-message.ts';
import type { Conclusion } from './conclude-run.ts';
import { Conversation, type ConversationEnd } from './conversation.ts';
import { keepLogSaved } from './keep-log-saved.ts';
import type { LaunchPlan } from './launch-plan.ts';
import { type Prepared, prepareRun } from './prepare.ts';
import { deadlineMs, type RunTimings } from './run-limits.ts';
import type { RunStop } from './run-stop.ts';
import { Timeline } from './timeline.ts';

/** A run's place for records, with its end. */
export interface OwnedIngest extends RunIngest {
  /** Makes everything durable. */
  close(): Promise<void>;
  /** Gives up what is not durable yet and tells how many records that were. Safe after `close`. */
  abort(): number;
}

/** What every run of a process shares. */
export interface RunParts {
  readonly journal: RunJournal;
  readonly checkpoints: CheckpointStore;
  readonly credentials: CredentialResolver;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  readonly timings: RunTimings;
  openIngest(key: RunKey): OwnedIngest;
  /** Where the program lies and what its environment is. Throws `TypeUnavailable` or `LaunchFailed`. */
  planLaunch(run: RunAssignment, secrets: SecretBundle): LaunchPlan;
  conclude(run: RunAssignment, conclusion: Conclusion): Promise<void>;
}

/**
 * Executes one claimed attempt from its checks to its terminal row. Never throws: whatever happens is told as the outcome of the run,
 * and a lost lease is told to nobody, since another attempt is in force.
 */
export async function executeRun(run: RunAssignment, stop: RunStop, parts: RunParts): Promise<void> {
  const gaps = new KnownGaps();
  let secrets: SecretBundle | undefined;
  let redactor = createRedactor([]);
  try {
    const prepared = await prepareRun(run, parts.checkpoints);
    secrets = await parts.credentials.resolve(run.credentials, run.type.auth, run);
    redactor = createRedactor(secrets.sensitiveValues());
    if (stop.cause !== null) return await parts.conclude(run, { kind: 'refused', verdict: stoppedVerdict(), stop, gaps, redactor });
    const child = await parts.sandbox.launch(parts.planLaunch(run, secrets));
    await converse({ run, stop, parts, prepared, child, secrets, redactor, gaps });
  } catch (error) {
    await parts.conclude(run, { kind: 'refused', verdict: failureVerdict(faultOf(error, redactor)), stop, gaps, redactor });
  } finally {
    secrets?.wipe();
    redactor.wipe();
  }
}

/** Stopped before there was a child: what the stop was decides, see `concludeRun`. */
function stoppedVerdict(): ReturnType<typeof failureVerdict> {
  return failureVerdict({ reason: 'RuntimeStopped', message: 'stopped before the connector was started' });
}

interface Conversing {
  run: RunAssignment;
  stop: RunStop;
  parts: RunParts;
  prepared: Prepared;
  child: SandboxChild;
  secrets: SecretBundle;
  redactor: Redactor;
  gaps: KnownGaps;
}

/** From a started child to the end of the run. Nothing in here may leave the child alive. */
async function converse(context: Conversing): Promise<void> {
  const { run, stop, parts, prepared, child, redactor, gaps } = context;
  const ingest = parts.openIngest(run);
  const timeline = new Timeline({ journal: parts.journal, key: run, clock: parts.clock, redact: redactor.text });
  const session = new ProtocolSession({ scope: prepared.checks, sensitiveValues: sensitiveTexts(context.secrets) });
  const actions = new MessageActions({
    key: run,
    ingest,
    timeline,
    gaps,
    redact: redactor.text,
    checkpoints: parts.checkpoints,
    intent: {
      persist: prepared.persist,
      policy: run.collection.checkpointPolicy ?? 'AtDone',
      gated: gatedCheckpoints(prepared),
    },
  });
  const log = new LogKeeper(redactor);
  const saving = keepLogSaved({ stderr: child.stderr, log, journal: parts.journal, key: run, everyMs: parts.timings.logMs });
  const deadline = setTimeout(() => stop.stop('deadline'), deadlineMs(run));
  const conversation = new Conversation({
    child,
    session,
    stop,
    timings: parts.timings,
    maxLineBytes: defaultLimits.maxLineBytes,
    onEffect: (effect) => actions.act(effect),
    onDone: async () => {
      await ingest.close();
      await actions.settle();
    },
  });
  let end: ConversationEnd;
  let disposal: Disposal = { orphansKilled: 0, killEscalated: false };
  try {
    end = await conversation.hold(parts.journal.begin(run, startedEvent(run, prepared)).then(() => prepared.start));
  } finally {
    clearTimeout(deadline);
    disposal = await child.dispose();
  }
  await saving.stop();
  await parts.conclude(run, { kind: 'ended', end, session, prepared, actions, timeline, ingest, stop, gaps, redactor, disposal });
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

function gatedCheckpoints({ manifest, checks }: Prepared): ReadonlySet<string> {
  const scoped = manifest.filter((stream) => checks.has(stream.name));
  return new Set(
    scoped.flatMap((stream) => [...(stream.parentStreams ?? []), ...(stream.stateStream === undefined ? [] : [stream.stateStream])]),
  );
}

function sensitiveTexts(secrets: SecretBundle): string[] {
  return secrets.sensitiveValues().map((value) => value.toString('utf8'));
}

function faultOf(error: unknown, redactor: Redactor): { reason: TerminalReason; message: string } {
  const message = redactor.text(error instanceof Error ? error.message : String(error));
  if (!isFault(error)) return { reason: 'InternalError', message };
  const told = error.hint === undefined ? message : `${message} (${redactor.text(error.hint)})`;
  return { reason: isTerminalReason(error.reason) ? error.reason : 'InternalError', message: told };
}
