import { type Static, Type } from 'typebox';
import { oneOf, textMap } from './fields/formats.ts';

const strict = { additionalProperties: false } as const;

/** One condition, as Kubernetes has it. */
export const Condition = Type.Object(
  {
    type: Type.String({ description: 'Name of the condition, such as Ready.', minLength: 1, maxLength: 316 }),
    status: oneOf(['True', 'False', 'Unknown'], 'Whether it holds.'),
    reason: Type.String({ description: 'The cause in one word; see docs/reasons.md.', minLength: 1, maxLength: 1_024 }),
    message: Type.String({ description: 'The cause in a sentence.', maxLength: 32_768 }),
    lastTransitionTime: Type.String({ description: 'When status last changed.', format: 'date-time' }),
    observedGeneration: Type.Optional(Type.Integer({ description: 'Generation that this was computed from.', minimum: 0 })),
  },
  { ...strict, description: 'One condition.' },
);
/** One condition, as Kubernetes has it. */
export type Condition = Static<typeof Condition>;

/** The newest run in short; all are in PostgreSQL. */
export const LastRun = Type.Object(
  {
    id: Type.String({ description: 'Id of the run.' }),
    state: Type.String({ description: 'State of the run, such as succeeded.' }),
    reason: Type.Optional(Type.String({ description: 'Why it ended so.' })),
    message: Type.Optional(Type.String({ description: 'Why it ended so, in a sentence.' })),
    finishedAt: Type.Optional(Type.String({ description: 'When it ended.', format: 'date-time' })),
    records: Type.Integer({ description: 'Records that it emitted.', minimum: 0 }),
  },
  { ...strict, description: 'The newest run in short.' },
);
/** The newest run in short. */
export type LastRun = Static<typeof LastRun>;

/** What the controller says about a connector. Only the controller writes it. */
export const ConnectorStatus = Type.Object(
  {
    conditions: Type.Optional(Type.Array(Condition, { description: 'Conditions, sorted by type.' })),
    phase: Type.Optional(
      oneOf(['provisioning', 'active', 'degraded', 'credential_expired', 'error', 'disabled'], 'What the controller sees, in one word.'),
    ),
    instanceId: Type.Optional(Type.String({ description: 'connector_instance_id: the stable UUID of this connector.' })),
    observedGeneration: Type.Optional(Type.Integer({ description: 'Newest generation that was looked at.', minimum: 0 })),
    revision: Type.Optional(Type.String({ description: 'sha256 of the spec that is in force.' })),
    lastRun: Type.Optional(LastRun),
    nextRunTime: Type.Optional(Type.String({ description: 'When the schedule starts the next run.', format: 'date-time' })),
    authUrl: Type.Optional(Type.String({ description: 'Where the owner gives consent, while that is pending.' })),
    lastHandledRequests: Type.Optional(textMap('Request (reconcile, run, cancel, reset) to the token that was handled last.')),
  },
  { ...strict, description: 'What the controller says about the connector.' },
);
/** What the controller says about a connector. */
export type ConnectorStatus = Static<typeof ConnectorStatus>;
