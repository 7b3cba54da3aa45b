/** What a reason means and what the reader can do. */
interface ReasonEntry {
  readonly meaning: string;
  readonly hint: string;
}

/**
 * Reasons that conditions have of their own. Beside them conditions carry finding reasons (controller/apis/finding-reasons.ts) and run
 * reasons (schemas/terminal-reasons.ts); a word means the same wherever it stands.
 */
export const conditionReasons = {
  Accepted: { meaning: 'The newest generation passed admission.', hint: 'Nothing to do.' },
  Pending: {
    meaning: 'The document was stored and not looked at yet.',
    hint: 'Wait for the next pass; see `/readyz` when it does not come.',
  },
  Converged: { meaning: 'Rows and schedule are as the spec says.', hint: 'Nothing to do.' },
  Disabled: { meaning: 'spec.enabled is false: nothing starts.', hint: 'Set spec.enabled to true.' },
  Revoked: {
    meaning: 'The owner revoked the connection; that outranks the document.',
    hint: 'Re-initiate the connection as its owner, or remove the document.',
  },
  Removing: {
    meaning: 'The document was removed; the controller waits for the run to end before it carries out deletionPolicy.',
    hint: 'Wait, or cancel the run.',
  },
  ReconcileFailed: {
    meaning: 'A pass over this connector failed; it is tried again with growing pauses.',
    hint: 'Read the message; the log of the controller has the cause.',
  },
  Registered: { meaning: 'The type and a version that fits are registered.', hint: 'Nothing to do.' },
  Withdrawn: {
    meaning: 'The document of the type version is gone; the version stays registered while this connector uses it.',
    hint: 'Move to a registered version, or put the type document back.',
  },
  Bound: { meaning: 'Policy template and allowlist are bound.', hint: 'Nothing to do.' },
  NothingAllowed: {
    meaning: 'The spec binds no policy, so that no operation is allowed; runs are not touched by this.',
    hint: 'Name a policyTemplate or allowOperations to allow operations.',
  },
  NotNeeded: { meaning: 'The connector uses no credential.', hint: 'Nothing to do.' },
  NotTried: { meaning: 'No run has tried it yet.', hint: 'Start a run to find out.' },
  Resolved: { meaning: 'The last run got the credential.', hint: 'Nothing to do.' },
  CredentialRejected: {
    meaning: 'The provider refuses the credential.',
    hint: 'Provide a new credential where credentials.secretRef points, then run again.',
  },
  Scheduled: { meaning: 'The next start is planned.', hint: 'Nothing to do.' },
  OnRequest: { meaning: 'There is no schedule: runs start when asked.', hint: 'Add spec.schedule for runs that start by themselves.' },
  Suspended: { meaning: 'spec.schedule.suspend is true.', hint: 'Remove suspend to start runs again.' },
  Paused: { meaning: 'The owner paused it.', hint: 'Resume it with `connectorctl resume`.' },
  NeverFires: { meaning: 'The schedule names a moment that never comes.', hint: 'Correct spec.schedule.' },
  LastRunFailed: {
    meaning: 'The last run failed for a reason that a person must act on.',
    hint: 'Read the message and `connectorctl logs NAME`; the next run that succeeds clears it.',
  },
  SourceMissing: {
    meaning: 'The source cannot show the document at the moment; it stays in force.',
    hint: 'Bring the document or its folder back, or let the source go with `connectorctl source release`.',
  },
  RemovalPending: {
    meaning: 'So many documents vanished from the source at once that their removal waits for confirmation.',
    hint: 'Confirm it with `connectorctl source confirm`, or bring the documents back.',
  },
  SourceConflict: {
    meaning: 'Two documents claim one name; the one that was recorded first stays in force.',
    hint: 'Remove or rename one of the two, or let the recorded source release it.',
  },
  Observing: {
    meaning: 'spec.mode is Observe: the plan is reported and nothing is changed; what was installed before goes on, its schedule included.',
    hint: 'Set spec.mode to Manage to carry the plan out, with spec.enabled false to stop what is installed.',
  },
} as const satisfies Record<string, ReasonEntry>;
