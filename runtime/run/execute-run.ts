import type { RunAssignment } from '../apis/run.ts';
import type { SandboxChild } from '../apis/sandbox.ts';
import type { SecretBundle } from '../credentials/secret-bundle.ts';
import { KnownGaps } from '../protocol/known-gaps.ts';
import type { RunFault } from '../protocol/outcome.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { secretForms, shortSecretBytes } from '../redaction/secret-forms.ts';
import { type Conclusion, concludeRun } from './conclude/conclude-run.ts';
import { converse } from './converse/converse.ts';
import { ownFault } from './own-fault.ts';
import { planLaunch } from './prepare/plan-launch.ts';
import { prepareRun } from './prepare/prepare-run.ts';
import type { RunParts } from './run-parts.ts';
import type { RunStop } from './run-stop.ts';

/**
 * Executes one claimed attempt from its checks to its terminal row. Never throws: whatever happens is told as the outcome of the run,
 * and a lost lease is told to nobody, since another attempt is in force.
 */
export async function executeRun(run: RunAssignment, stop: RunStop, parts: RunParts): Promise<void> {
  const gaps = new KnownGaps();
  let redactor = createRedactor([]);
  let conclusion: Conclusion;
  parts.log.info({ run: run.runId, connector: run.connectorName, attempt: run.attempt, trigger: run.trigger }, 'run claimed');
  try {
    const prepared = await prepareRun(run, parts.checkpoints);
    const secrets = await parts.credentials.resolve(run.credentials, run.type.auth, run);
    redactor = createRedactor(secrets.sensitiveValues());
    const sensitiveTexts = searchedTexts(secrets);
    const child = await launch(run, { secrets, stop, parts });
    conclusion =
      child === null
        ? { kind: 'refused', fault: stoppedBeforeStart }
        : { kind: 'ended', prepared, ...(await converse({ run, stop, parts, prepared, child, redactor, gaps, sensitiveTexts })) };
  } catch (error) {
    conclusion = { kind: 'refused', fault: ownFault(error) };
    logFault(run, error, (text) => redactor.text(text), parts);
  }
  try {
    await concludeRun(run, conclusion, { stop, gaps, redactor, parts });
  } catch (error) {
    logFault(run, error, (text) => redactor.text(text), parts);
  } finally {
    redactor.wipe();
  }
}

const stoppedBeforeStart: RunFault = { reason: 'RuntimeStopped', message: 'the runtime was stopped before the connector was started' };

/** Starts the program with its secrets, which are zeroed here whatever happens. Null: the run was stopped before. */
async function launch(
  run: RunAssignment,
  { secrets, stop, parts }: { secrets: SecretBundle; stop: RunStop; parts: RunParts },
): Promise<SandboxChild | null> {
  try {
    return stop.cause === null ? await parts.sandbox.launch(planLaunch(run, secrets, parts.host)) : null;
  } finally {
    secrets.wipe();
  }
}

/** Every form of the sensitive values that a cursor must not contain; short values turn up by chance. */
function searchedTexts(secrets: SecretBundle): string[] {
  const values = secrets.sensitiveValues().filter((value) => value.length >= shortSecretBytes);
  return values.flatMap((value) => secretForms(value).map((form) => form.bytes.toString('utf8')));
}

/** The run tells what failed; details of a fault of our own are for the log of the process. */
function logFault(run: RunAssignment, error: unknown, redact: (text: string) => string, { log }: RunParts): void {
  const { reason, message } = ownFault(error);
  const stack = reason === 'InternalError' && Error.isError(error) ? { stack: redact(error.stack ?? error.message) } : {};
  log.warn({ run: run.runId, connector: run.connectorName, reason, detail: redact(message), ...stack }, 'run could not be carried out');
}
