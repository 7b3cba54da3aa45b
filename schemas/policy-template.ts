import { type Static, Type } from 'typebox';
import { API_VERSION, oneOf } from './fields/formats.ts';
import { ClusterMetadata } from './fields/metadata.ts';

const strict = { additionalProperties: false } as const;

/** Actions that policy speaks of. */
export const ACTIONS = [
  'connector.catalog.read',
  'connector.instance.manage',
  'connector.operation.invoke',
  'connector.operation.read',
  'connector.credential.manage',
] as const;

/** Coarse names of older documents, still accepted with a warning, and what they stand for. */
export const ACTION_ALIASES: Readonly<Record<string, readonly (typeof ACTIONS)[number][]>> = {
  'connector.read': ['connector.operation.read'],
  'connector.send': ['connector.operation.invoke'],
  'connector.admin': ['connector.instance.manage', 'connector.credential.manage'],
};

const operationNames = Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
  description: 'Operations that may be performed; none if left out.',
  maxItems: 1_000,
});
const actionNames = Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
  description: 'Actions that may be used, such as connector.operation.read.',
  maxItems: 100,
});

/** What a connector may do: a named template, an allowlist, or both (then an operation must pass each). */
export const PolicyBinding = Type.Object(
  {
    policyTemplate: Type.Optional(Type.String({ description: 'Name of a PolicyTemplate.', minLength: 1, maxLength: 253 })),
    allowOperations: Type.Optional(operationNames),
    actionScope: Type.Optional(actionNames),
  },
  { ...strict, description: 'What the connector may do, inside the ceiling that the server sets for owner and project.' },
);
/** What a connector may do. */
export type PolicyBinding = Static<typeof PolicyBinding>;

/** A named binding that Connectors refer to. */
export const PolicyTemplateSpec = Type.Object(
  {
    displayName: Type.Optional(Type.String({ description: 'Name shown to people.', minLength: 1, maxLength: 255 })),
    allowOperations: Type.Optional(operationNames),
    actionScope: Type.Optional(actionNames),
  },
  { ...strict, description: 'Operations and actions that a Connector with this template may use.' },
);
/** A named binding that Connectors refer to. */
export type PolicyTemplateSpec = Static<typeof PolicyTemplateSpec>;

/** The PolicyTemplate document. */
export const PolicyTemplate = Type.Object(
  {
    apiVersion: oneOf([API_VERSION], 'Version of this schema.'),
    kind: oneOf(['PolicyTemplate'], 'Kind of this document.'),
    metadata: ClusterMetadata,
    spec: PolicyTemplateSpec,
  },
  { ...strict, title: 'PolicyTemplate', description: 'A named policy binding for Connectors.' },
);
/** The PolicyTemplate document. */
export type PolicyTemplate = Static<typeof PolicyTemplate>;
