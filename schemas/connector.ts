import { type Static, Type } from 'typebox';
import {
  API_VERSION,
  CONNECTOR_KEY_PATTERN,
  QUANTITY_PATTERN,
  VERSION_SELECTOR_PATTERN,
  duration,
  freeForm,
  oneOf,
  textMap,
} from './fields/formats.ts';
import { ConnectorMetadata, Owner, ProjectId } from './fields/metadata.ts';
import { PolicyBinding } from './policy-template.ts';
import { ConnectorStatus } from './status.ts';

const strict = { additionalProperties: false } as const;

/** Which version of the type: a bare number is a major, text is a major, major.minor or an exact version. */
export const TypeVersion = Type.Unsafe<number | string>({
  description:
    'Version of the type: 1 takes the newest minor of that major, "1.2" the newest patch of that minor, "1.2.0" exactly that one. Quote anything with a dot.',
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  minimum: 0,
  pattern: VERSION_SELECTOR_PATTERN,
  'x-kubernetes-int-or-string': true,
});

/** Pointer to a secret; never a value. */
export const SecretRef = Type.Object(
  {
    provider: Type.String({
      description: 'Configured provider, such as env, file, kubernetes or cynode-vault.',
      minLength: 1,
      maxLength: 63,
    }),
    name: Type.String({ description: 'Name of the secret at that provider.', minLength: 1, maxLength: 253 }),
    keys: Type.Optional(
      textMap('From a field of the type (such as password) to the key inside the secret; the same names if left out.', {
        minLength: 1,
        maxLength: 253,
      }),
    ),
  },
  { ...strict, description: 'Points to a secret; the value is read at the start of each run and never stored here.' },
);
/** Pointer to a secret; never a value. */
export type SecretRef = Static<typeof SecretRef>;

/** How a connector gets its credentials. */
export const CredentialsSpec = Type.Object(
  {
    mode: oneOf(
      ['none', 'secretRef', 'stored', 'oauth', 'encrypted'],
      'none; secretRef: at a provider; stored: captured by the owner; oauth: by consent; encrypted: sealed inline (off unless the operator enables it).',
    ),
    secretRef: Type.Optional(SecretRef),
    encrypted: Type.Optional(freeForm('Sealed values (SOPS or age); only with mode encrypted.')),
  },
  { ...strict, description: 'How the connector gets its credentials.' },
);
/** How a connector gets its credentials. */
export type CredentialsSpec = Static<typeof CredentialsSpec>;

/** Concurrency, queue and rate of operations. */
export const LimitsSpec = Type.Object(
  {
    maxParallelInvocations: Type.Optional(
      Type.Integer({ description: 'How many operations may execute at once.', minimum: 1, maximum: 10_000 }),
    ),
    queueDepth: Type.Optional(
      Type.Integer({ description: 'How many operations may wait when backpressure is queue.', minimum: 0, maximum: 100_000 }),
    ),
    backpressure: Type.Optional(
      oneOf(['reject', 'queue'], 'What happens to an operation that finds all slots busy: refused at once, or queued.'),
    ),
    rateLimit: Type.Optional(
      Type.Object(
        {
          rps: Type.Number({ description: 'Operations a second over time.', exclusiveMinimum: 0 }),
          burst: Type.Optional(Type.Integer({ description: 'Operations that may come at once.', minimum: 1 })),
        },
        { ...strict, description: 'Rate of operations, sustained and burst.' },
      ),
    ),
  },
  { ...strict, description: 'Limits of this connector; they may only be tighter than those of owner, project and server.' },
);
/** Concurrency, queue and rate of operations. */
export type LimitsSpec = Static<typeof LimitsSpec>;

/** When runs start by themselves. Exactly one of every and cron. */
export const ScheduleSpec = Type.Object(
  {
    every: Type.Optional(duration('Time between the starts of two runs, such as 15m or 1h30m. Excludes cron.')),
    cron: Type.Optional(
      Type.String({
        description: 'Cron expression with five fields, such as "0 6 * * 1-5", read in timeZone. Excludes every.',
        minLength: 1,
        maxLength: 256,
      }),
    ),
    timeZone: Type.Optional(
      Type.String({ description: 'IANA time zone of cron, such as Europe/Berlin; UTC if left out.', minLength: 1, maxLength: 64 }),
    ),
    suspend: Type.Optional(Type.Boolean({ description: 'True stops the schedule; runs that are asked for still start.' })),
    jitter: Type.Optional(duration('Each start is moved later by a random time up to this long.')),
    startingDeadlineSeconds: Type.Optional(
      Type.Integer({ description: 'A start that is later than this many seconds counts as missed.', minimum: 1 }),
    ),
    missedRuns: Type.Optional(
      oneOf(['Skip', 'RunOnce'], 'What to do about starts that were missed: wait for the next one, or run once now.'),
    ),
  },
  { ...strict, description: 'When runs start by themselves: every or cron. Left out: only when asked.' },
);
/** When runs start by themselves. */
export type ScheduleSpec = Static<typeof ScheduleSpec>;

/** One stream to collect, and how much of it. */
export const CollectedStream = Type.Object(
  {
    name: Type.String({ description: 'Name of a stream of the type.', minLength: 1, maxLength: 255 }),
    fields: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Only these fields, and those that the stream requires.',
        minItems: 1,
        maxItems: 1_000,
      }),
    ),
    resources: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Only records with these keys.',
        minItems: 1,
        maxItems: 10_000,
      }),
    ),
    timeRange: Type.Optional(
      Type.Object(
        {
          since: Type.Optional(Type.String({ description: 'First moment, inclusive: RFC 3339 date or date-time.' })),
          until: Type.Optional(Type.String({ description: 'Last moment, exclusive: RFC 3339 date or date-time.' })),
        },
        { ...strict, description: 'Only records of this time; needs a consentTimeField in the stream.' },
      ),
    ),
  },
  { ...strict, description: 'One stream to collect.' },
);
/** One stream to collect, and how much of it. */
export type CollectedStream = Static<typeof CollectedStream>;

/** What runs collect. */
export const CollectionSpec = Type.Object(
  {
    mode: Type.Optional(oneOf(['incremental', 'full_refresh'], 'Go on from the last checkpoint, or collect everything each time.')),
    streams: Type.Optional(
      Type.Array(CollectedStream, { description: 'Streams to collect; all of the type if left out.', minItems: 1, maxItems: 1_000 }),
    ),
    checkpointPolicy: Type.Optional(
      oneOf(['AtDone', 'Incremental'], 'Commit checkpoints at the end of a successful run, or as they come.'),
    ),
    accessMode: Type.Optional(oneOf(['continuous', 'single_use'], 'single_use ends with the first success and keeps no checkpoint.')),
  },
  { ...strict, description: 'What runs collect, and when checkpoints count.' },
);
/** What runs collect. */
export type CollectionSpec = Static<typeof CollectionSpec>;

/** Which inbound subscriptions are on. */
export const InboundSpec = Type.Object(
  {
    subscriptions: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ description: 'Name of an inbound subscription of the type.', minLength: 1, maxLength: 255 }),
            enabled: Type.Optional(Type.Boolean({ description: 'False switches the subscription off.' })),
          },
          { ...strict, description: 'One inbound subscription.' },
        ),
        { description: 'Inbound subscriptions, by name.', maxItems: 1_000 },
      ),
    ),
  },
  { ...strict, description: 'Events that come in from outside.' },
);
/** Which inbound subscriptions are on. */
export type InboundSpec = Static<typeof InboundSpec>;

/** Where and within which bounds runs execute. */
export const ExecutionSpec = Type.Object(
  {
    runner: Type.Optional(oneOf(['subprocess', 'pod'], 'A process beside the runtime, or a pod of its own (needs a cluster).')),
    timeoutSeconds: Type.Optional(Type.Integer({ description: 'A run that takes longer is ended.', minimum: 1, maximum: 604_800 })),
    resources: Type.Optional(
      Type.Object(
        {
          cpu: Type.Optional(
            Type.String({ description: 'CPU limit, such as "1" or 500m; quote bare numbers.', pattern: QUANTITY_PATTERN, maxLength: 20 }),
          ),
          memory: Type.Optional(Type.String({ description: 'Memory limit, such as 512Mi.', pattern: QUANTITY_PATTERN, maxLength: 20 })),
        },
        { ...strict, description: 'CPU and memory of one run.' },
      ),
    ),
  },
  { ...strict, description: 'Where and within which bounds runs execute.' },
);
/** Where and within which bounds runs execute. */
export type ExecutionSpec = Static<typeof ExecutionSpec>;

const specFields = {
  projectId: Type.Optional(ProjectId),
  type: Type.String({
    description: 'connector_key of the ConnectorType, such as gmail; never a URL. Cannot change: delete and create instead.',
    pattern: CONNECTOR_KEY_PATTERN,
    minLength: 1,
    maxLength: 63,
  }),
  typeVersion: TypeVersion,
  displayName: Type.Optional(Type.String({ description: 'Name shown to people.', minLength: 1, maxLength: 255 })),
  enabled: Type.Optional(Type.Boolean({ description: 'False keeps the connector installed and starts nothing.' })),
  mode: Type.Optional(oneOf(['Manage', 'Observe'], 'Observe reports what would change for ever and changes nothing.')),
  config: Type.Optional(freeForm('Settings of the type, checked against its configSchema. Never a secret.')),
  credentials: Type.Optional(CredentialsSpec),
  policy: Type.Optional(PolicyBinding),
  limits: Type.Optional(LimitsSpec),
  schedule: Type.Optional(ScheduleSpec),
  collection: Type.Optional(CollectionSpec),
  inbound: Type.Optional(InboundSpec),
  execution: Type.Optional(ExecutionSpec),
  deletionPolicy: Type.Optional(
    oneOf(['Uninstall', 'Disable', 'Retain'], 'What removing the document does: uninstall, leave disabled, or only forget the document.'),
  ),
  rollout: Type.Optional(
    Type.Object(
      { strategy: Type.Optional(oneOf(['Immediate', 'Staged'], 'Staged waits for an approval before a change is in force.')) },
      { ...strict, description: 'How a change comes into force.' },
    ),
  ),
};

/** Desired state of a connector with its owner in place: what is stored, hashed and reconciled, and what the CRD holds. */
export const ConnectorSpec = Type.Object({ owner: Owner, ...specFields }, { ...strict, description: 'Desired state of the connector.' });
/** Desired state of a connector, normalised: owner and projectId are in the spec; what was left out stays out. */
export type ConnectorSpec = Static<typeof ConnectorSpec>;

/** A Connector as authored outside Kubernetes too: owner and projectId stand in spec or in metadata. */
export const Connector = Type.Object(
  {
    apiVersion: oneOf([API_VERSION], 'Version of this schema.'),
    kind: oneOf(['Connector'], 'Kind of this document.'),
    metadata: ConnectorMetadata,
    spec: Type.Object({ owner: Type.Optional(Owner), ...specFields }, { ...strict, description: 'Desired state of the connector.' }),
    status: Type.Optional(freeForm('Written by the controller; ignored in a document that is handed in.')),
  },
  {
    ...strict,
    title: 'Connector',
    description: 'A connector: desired state, authored by a person.',
    anyOf: [
      { type: 'object', properties: { spec: { type: 'object', required: ['owner'] } } },
      { type: 'object', properties: { metadata: { type: 'object', required: ['owner'] } } },
    ],
  },
);
/** A Connector document as authored. */
export type Connector = Static<typeof Connector>;

/** A Connector as the API and `-o json` show it: normalised spec and the controller's status. */
export const ConnectorView = Type.Object(
  {
    apiVersion: oneOf([API_VERSION], 'Version of this schema.'),
    kind: oneOf(['Connector'], 'Kind of this document.'),
    metadata: ConnectorMetadata,
    spec: ConnectorSpec,
    status: ConnectorStatus,
  },
  { ...strict, title: 'ConnectorView', description: 'A connector with its status.' },
);
/** A Connector as the API and `-o json` show it. */
export type ConnectorView = Static<typeof ConnectorView>;
