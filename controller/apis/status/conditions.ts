/** What a condition type says, and when it is there. `abnormal` types exist only while they are True. */
interface ConditionTypeEntry {
  readonly polarity: 'normal' | 'abnormal';
  readonly present: string;
  readonly whenTrue: string;
  readonly whenFalse: string;
}

/** Every condition type of a Connector; the first three are those of kstatus. */
export const conditionTypes = {
  Ready: {
    polarity: 'normal',
    present: 'Always.',
    whenTrue: 'The accepted spec is in force and nothing speaks against the connector doing its job.',
    whenFalse: 'Something in the way is known; reason and message name it. Unknown: not looked at yet.',
  },
  Reconciling: {
    polarity: 'abnormal',
    present: 'While the controller still has steps to take.',
    whenTrue: 'Not converged yet; another pass will follow by itself.',
    whenFalse: 'Never: the condition is left out.',
  },
  Stalled: {
    polarity: 'abnormal',
    present: 'While another pass would change nothing.',
    whenTrue: 'The controller waits for a change of the document or of what it refers to.',
    whenFalse: 'Never: the condition is left out.',
  },
  Admitted: {
    polarity: 'normal',
    present: 'Always.',
    whenTrue: 'The newest generation passed admission.',
    whenFalse: 'The newest generation was refused; status.revision names what stays in force.',
  },
  TypeAvailable: {
    polarity: 'normal',
    present: 'Always.',
    whenTrue: 'The type and a version that fits are registered.',
    whenFalse: 'The type or a fitting version is not registered.',
  },
  PolicyBound: {
    polarity: 'normal',
    present: 'Once a revision was accepted, or while the policy is what was refused.',
    whenTrue: 'Template and allowlist are bound; without either no operation is allowed.',
    whenFalse: 'Template, operations or actions were refused.',
  },
  CredentialReady: {
    polarity: 'normal',
    present: 'Once a revision was accepted.',
    whenTrue: 'No credential is needed, or the last run got what its spec refers to.',
    whenFalse: 'The last run did not get its credential. Unknown: no run has tried yet.',
  },
  ScheduleReady: {
    polarity: 'normal',
    present: 'Once a revision was accepted.',
    whenTrue: 'The next start is planned, or runs start only when asked.',
    whenFalse: 'The schedule starts nothing at the moment; the reason says whether that is intended.',
  },
  LastRunFailed: {
    polarity: 'abnormal',
    present: 'While the last finished run failed for a reason that a person must act on.',
    whenTrue: "The last run's reason is the condition's.",
    whenFalse: 'Never: the condition is left out.',
  },
  SourceMissing: {
    polarity: 'abnormal',
    present: 'While the source of the document cannot show it, or its removal waits for confirmation.',
    whenTrue: 'The last known document stays in force.',
    whenFalse: 'Never: the condition is left out.',
  },
  SourceConflict: {
    polarity: 'abnormal',
    present: 'While another document claims the same name.',
    whenTrue: 'The document that was recorded first stays in force; the message names the other one.',
    whenFalse: 'Never: the condition is left out.',
  },
  ReconcilePaused: {
    polarity: 'abnormal',
    present: 'While the owner keeps the controller from changing the connector.',
    whenTrue: 'Changes of the document wait; a deletion does not.',
    whenFalse: 'Never: the condition is left out.',
  },
  Observing: {
    polarity: 'abnormal',
    present: 'While spec.mode is Observe.',
    whenTrue: 'The controller reports its plan in the message and changes nothing; what is installed goes on, its schedule included.',
    whenFalse: 'Never: the condition is left out.',
  },
} as const satisfies Record<string, ConditionTypeEntry>;
export type ConditionType = keyof typeof conditionTypes;

/**
 * What holds `Ready` back, worst first. A normal type counts when False, an abnormal one when True, unless its reason is tolerated
 * because it is what the spec or the owner asked for. `name`: Ready takes the name of the type as its reason instead of that type's reason.
 */
export const readyTable: readonly { type: ConditionType; tolerated?: readonly string[]; name?: true }[] = [
  { type: 'Admitted' },
  { type: 'TypeAvailable' },
  { type: 'PolicyBound' },
  { type: 'CredentialReady' },
  { type: 'ScheduleReady', tolerated: ['Disabled', 'Suspended', 'Paused', 'Removing', 'Observing'] },
  { type: 'LastRunFailed', name: true },
];
