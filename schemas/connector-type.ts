import { type Static, Type } from 'typebox';
import {
  API_VERSION,
  CONNECTOR_KEY_PATTERN,
  ENV_NAME_PATTERN,
  QUANTITY_PATTERN,
  VERSION_PATTERN,
  duration,
  freeForm,
  oneOf,
  textMap,
} from './fields/formats.ts';
import { ClusterMetadata } from './fields/metadata.ts';
import { OperationDeclaration, RetryPolicy } from './fields/operation.ts';
import { StreamDeclaration } from './fields/stream.ts';

const strict = { additionalProperties: false } as const;
const shortText = (description: string) => Type.String({ description, minLength: 1, maxLength: 255 });

/** One value that the connector needs to sign in. */
export const AuthField = Type.Object(
  {
    name: shortText('Name of the field; secretRef.keys maps it.'),
    env: Type.String({ description: 'Environment variable that the connector finds it in.', pattern: ENV_NAME_PATTERN, maxLength: 255 }),
    required: Type.Optional(Type.Boolean({ description: 'Whether a run needs it; true if left out.' })),
    sensitive: Type.Optional(Type.Boolean({ description: 'Whether it is secret and masked everywhere; true if left out.' })),
    displayName: Type.Optional(shortText('Name shown to people.')),
    description: Type.Optional(Type.String({ description: 'Where to get it.', maxLength: 4_096 })),
  },
  { ...strict, description: 'One value that the connector needs to sign in.' },
);
/** One value that the connector needs to sign in. */
export type AuthField = Static<typeof AuthField>;

/** How a type signs in. */
export const AuthSpec = Type.Object(
  {
    kind: oneOf(['none', 'static_secret', 'oauth2'], 'No sign-in, secrets that a person supplies, or OAuth 2.0.'),
    fields: Type.Optional(Type.Array(AuthField, { description: 'Values that reach the connector.', maxItems: 100 })),
    oauth2: Type.Optional(
      Type.Object(
        {
          issuer: Type.Optional(shortText('Issuer URL, for discovery.')),
          authorizationEndpoint: Type.Optional(shortText('Where the owner consents.')),
          tokenEndpoint: Type.Optional(shortText('Where tokens come from.')),
          deviceAuthorizationEndpoint: Type.Optional(shortText('Where a device flow begins.')),
          grant: Type.Optional(oneOf(['authorization_code', 'client_credentials', 'device_code'], 'Flow that the type uses.')),
          scopes: Type.Optional(Type.Array(shortText('A scope.'), { description: 'Scopes that are asked for.', maxItems: 100 })),
        },
        { ...strict, description: 'OAuth 2.0 endpoints and scopes.' },
      ),
    ),
  },
  { ...strict, description: 'How the connector signs in.' },
);
/** How a type signs in. */
export type AuthSpec = Static<typeof AuthSpec>;

/** How a type's program is started and what it may reach. */
export const RuntimeSpec = Type.Object(
  {
    protocol: oneOf(['pdpp', 'singer', 'airbyte', 'mcp'], 'What the program speaks.'),
    command: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 4_096 }), {
        description: 'Program and arguments, started in the folder of this document; with image, the argv inside it.',
        minItems: 1,
        maxItems: 256,
      }),
    ),
    image: Type.Optional(shortText('Container image.')),
    env: Type.Optional(textMap('Environment of the program; ${config.field} is filled in. Never a secret.', { maxLength: 32_768 })),
    bindings: Type.Optional(
      Type.Unsafe<Record<string, { required?: boolean }>>({
        type: 'object',
        description: 'What the program needs of the runtime, by name: network, filesystem, interactive, browser_automation, ...',
        additionalProperties: {
          type: 'object',
          properties: { required: { type: 'boolean', description: 'Whether it cannot do without.' } },
          'x-kubernetes-preserve-unknown-fields': true,
        },
      }),
    ),
    paths: Type.Optional(
      Type.Object(
        {
          read: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 4_096 }), {
              description: 'Paths of the host that the program may read, such as ${config.folder}.',
              maxItems: 100,
            }),
          ),
        },
        { ...strict, description: 'What of the host the sandbox shows.' },
      ),
    ),
    egress: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
        description: 'host:port that it may reach, such as ${config.host}:443 or *.example.com:443.',
        maxItems: 1_000,
      }),
    ),
    humanInteraction: Type.Optional(
      Type.Array(oneOf(['credentials', 'otp', 'manual_action'], 'A kind of question.'), {
        description: 'What it may ask a person for during a run.',
        maxItems: 3,
      }),
    ),
    resources: Type.Optional(
      Type.Object(
        {
          cpu: Type.Optional(Type.String({ description: 'CPU limit, such as "1" or 500m.', pattern: QUANTITY_PATTERN, maxLength: 20 })),
          memory: Type.Optional(Type.String({ description: 'Memory limit, such as 512Mi.', pattern: QUANTITY_PATTERN, maxLength: 20 })),
        },
        { ...strict, description: 'Resources of one run, unless the connector says otherwise.' },
      ),
    ),
  },
  { ...strict, description: 'How the program is started and what it may reach.' },
);
/** How a type's program is started and what it may reach. */
export type RuntimeSpec = Static<typeof RuntimeSpec>;

/** What the type wants of the events that come in. */
export const InboundDeclaration = Type.Object(
  {
    name: shortText('Name of the subscription.'),
    signature: oneOf(['standard-webhooks', 'github', 'slack', 'hmac-sha256'], 'How a delivery is signed.'),
    eventMapping: Type.Optional(freeForm('From the payload of the provider to the canonical event.')),
  },
  { ...strict, description: 'One inbound subscription.' },
);

/** One implementation in the catalog. */
export const ConnectorTypeSpec = Type.Object(
  {
    key: Type.Optional(
      Type.String({
        description: 'connector_key; metadata.name if left out. Lets versions of one type stand side by side.',
        pattern: CONNECTOR_KEY_PATTERN,
        minLength: 1,
        maxLength: 63,
      }),
    ),
    version: Type.String({
      description: 'Version of this type: major.minor.patch. A minor only adds.',
      pattern: VERSION_PATTERN,
      maxLength: 64,
    }),
    operationSchemaVersion: Type.Integer({ description: 'Version of the operation schemas.', minimum: 1 }),
    displayName: shortText('Name shown to people.'),
    description: Type.Optional(Type.String({ description: 'What it connects to.', maxLength: 4_096 })),
    manifestUri: Type.Optional(
      Type.String({
        description: 'Where the manifest is published; kept as metadata, never used as a key.',
        minLength: 1,
        maxLength: 2_048,
      }),
    ),
    configSchema: Type.Object(
      {
        version: Type.Integer({ description: 'Version of the config schema.', minimum: 1 }),
        schema: freeForm('JSON Schema 2020-12 of spec.config.'),
      },
      { ...strict, description: 'What spec.config of a Connector must look like.' },
    ),
    auth: AuthSpec,
    runtime: RuntimeSpec,
    streams: Type.Optional(Type.Array(StreamDeclaration, { description: 'What runs collect.', maxItems: 1_000 })),
    operations: Type.Optional(Type.Array(OperationDeclaration, { description: 'Actions that can be invoked.', maxItems: 1_000 })),
    retryPolicy: Type.Optional(RetryPolicy),
    circuitBreaker: Type.Optional(
      Type.Object(
        {
          failureThreshold: Type.Integer({ description: 'Failures that open the circuit.', minimum: 1 }),
          cooldown: duration('How long it stays open.'),
        },
        { ...strict, description: 'When operations stop being tried.' },
      ),
    ),
    concurrency: Type.Optional(
      Type.Object(
        { maxRuns: Type.Optional(Type.Integer({ description: 'Runs of this type at once.', minimum: 1 })) },
        { ...strict, description: 'How much of this type may happen at once.' },
      ),
    ),
    inbound: Type.Optional(
      Type.Object(
        { subscriptions: Type.Array(InboundDeclaration, { description: 'Inbound subscriptions.', maxItems: 100 }) },
        { ...strict, description: 'Events that come in from outside.' },
      ),
    ),
    polling: Type.Optional(
      Type.Object(
        {
          interval: duration('Default and shortest time between polls.'),
          backoff: Type.Optional(duration('Longest time between polls after failures.')),
        },
        { ...strict, description: 'How a polling connector is scheduled.' },
      ),
    ),
    healthCheck: Type.Optional(
      Type.Object(
        {
          operation: Type.Optional(shortText('Operation that shows whether the provider can be reached.')),
          interval: Type.Optional(duration('Time between checks.')),
          timeout: Type.Optional(duration('A check that takes longer has failed.')),
        },
        { ...strict, description: 'How reachability is checked.' },
      ),
    ),
    slo: Type.Optional(
      Type.Object(
        {
          successRate: Type.Optional(Type.Number({ description: 'Share of runs that succeed: 0 to 1.', minimum: 0, maximum: 1 })),
          latency: Type.Optional(duration('Time within which an operation answers.')),
        },
        { ...strict, description: 'What the type promises.' },
      ),
    ),
  },
  { ...strict, description: 'One implementation: its config, sign-in, program, streams and operations.' },
);
/** One implementation in the catalog. */
export type ConnectorTypeSpec = Static<typeof ConnectorTypeSpec>;

/** The ConnectorType document. */
export const ConnectorType = Type.Object(
  {
    apiVersion: oneOf([API_VERSION], 'Version of this schema.'),
    kind: oneOf(['ConnectorType'], 'Kind of this document.'),
    metadata: ClusterMetadata,
    spec: ConnectorTypeSpec,
    status: Type.Optional(freeForm('Written by the controller; ignored in a document that is handed in.')),
  },
  { ...strict, title: 'ConnectorType', description: 'Manifest of one connector implementation, keyed by connector_key.' },
);
/** The ConnectorType document. */
export type ConnectorType = Static<typeof ConnectorType>;
