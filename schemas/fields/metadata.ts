import { type Static, Type } from 'typebox';
import { DNS_LABEL_PATTERN, DNS_SUBDOMAIN_PATTERN, UUID_PATTERN, oneOf, textMap } from './formats.ts';

const strict = { additionalProperties: false } as const;

/** Who owns a connector. */
export const Owner = Type.Object(
  {
    type: oneOf(['user', 'group'], 'Whether a user or a group owns the connector.'),
    id: Type.String({ description: 'UUID of that user or group.', pattern: UUID_PATTERN, maxLength: 36 }),
  },
  { ...strict, description: 'Who owns the connector. Never changes once the connector exists.' },
);
/** Who owns a connector: a user or a group, by UUID. */
export type Owner = Static<typeof Owner>;

/** The optional project of a connector. */
export const ProjectId = Type.String({
  description: 'Project that the connector belongs to. Never changes once the connector exists.',
  minLength: 1,
  maxLength: 128,
});

/** What the server of a document sets. Read back documents carry them, so they are accepted; what they say is ignored. */
const serverSet = {
  uid: Type.Optional(Type.String({ description: 'Set by the server; ignored in a document that is handed in.' })),
  generation: Type.Optional(Type.Number({ description: 'Set by the server: counts the changes of spec.' })),
  creationTimestamp: Type.Optional(Type.String({ description: 'Set by the server.' })),
  deletionTimestamp: Type.Optional(Type.String({ description: 'Set by the server.' })),
  deletionGracePeriodSeconds: Type.Optional(Type.Number({ description: 'Set by the server.' })),
  selfLink: Type.Optional(Type.String({ description: 'Set by the server.' })),
  finalizers: Type.Optional(Type.Array(Type.String(), { description: 'Set by the server and by controllers.' })),
  ownerReferences: Type.Optional(Type.Array(Type.Unknown(), { description: 'Set by the server and by controllers.' })),
  managedFields: Type.Optional(Type.Array(Type.Unknown(), { description: 'Set by the server.' })),
};

const described = {
  labels: Type.Optional(textMap('Labels to select by.', { maxLength: 63 })),
  annotations: Type.Optional(textMap('Notes for people and tools.')),
  resourceVersion: Type.Optional(
    Type.String({ description: 'Makes an apply conditional: a stale one is refused. Leave out to apply whatever is there.' }),
  ),
  ...serverSet,
};

/** Metadata of a Connector as authored; owner and projectId may stand here outside Kubernetes and are moved to spec. */
export const ConnectorMetadata = Type.Object(
  {
    name: Type.String({
      description: 'Name of the connector, unique in its namespace: lower-case letters, digits and dashes, at most 63.',
      pattern: DNS_LABEL_PATTERN,
      minLength: 1,
      maxLength: 63,
    }),
    namespace: Type.Optional(
      Type.String({
        description: 'Namespace of the connector; outside Kubernetes default unless the source says otherwise.',
        pattern: DNS_LABEL_PATTERN,
        minLength: 1,
        maxLength: 63,
      }),
    ),
    owner: Type.Optional(Owner),
    projectId: Type.Optional(ProjectId),
    ...described,
  },
  { ...strict, description: 'Name, namespace, labels and annotations.' },
);
/** Metadata of a Connector as authored. */
export type ConnectorMetadata = Static<typeof ConnectorMetadata>;

/** Metadata of the cluster-wide kinds. */
export const ClusterMetadata = Type.Object(
  {
    name: Type.String({
      description: 'Name: lower-case letters, digits, dashes and dots.',
      pattern: DNS_SUBDOMAIN_PATTERN,
      minLength: 1,
      maxLength: 253,
    }),
    ...described,
  },
  { ...strict, description: 'Name, labels and annotations.' },
);
/** Metadata of a ConnectorType or PolicyTemplate. */
export type ClusterMetadata = Static<typeof ClusterMetadata>;
