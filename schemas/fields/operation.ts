import { type Static, Type } from 'typebox';
import { duration, freeForm, oneOf } from './formats.ts';

const strict = { additionalProperties: false } as const;

/** How often and how far apart transient failures are tried again. Always exponential. */
export const RetryPolicy = Type.Object(
  {
    maxRetries: Type.Integer({ description: 'Attempts after the first; the server has a cap of its own.', minimum: 0, maximum: 100 }),
    backoff: Type.Optional(
      Type.Object(
        {
          strategy: Type.Optional(oneOf(['exponential'], 'Only exponential.')),
          initial: Type.Optional(duration('Delay before the first retry, such as 1s.')),
          factor: Type.Optional(Type.Number({ description: 'Each delay is this many times the one before.', minimum: 1, maximum: 10 })),
          max: Type.Optional(duration('Longest delay, such as 5m.')),
          jitter: Type.Optional(Type.Number({ description: 'Share of each delay that is random: 0 to 1.', minimum: 0, maximum: 1 })),
        },
        { ...strict, description: 'Bounded exponential backoff.' },
      ),
    ),
    retryableStatusCodes: Type.Optional(
      Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), {
        description: 'HTTP status codes that are worth another try.',
        maxItems: 100,
      }),
    ),
  },
  { ...strict, description: 'How transient failures are tried again. Other failures never are.' },
);
/** How often and how far apart transient failures are tried again. */
export type RetryPolicy = Static<typeof RetryPolicy>;

/** One named action of a type. */
export const OperationDeclaration = Type.Object(
  {
    name: Type.String({ description: 'Name of the operation, such as readInbox.', minLength: 1, maxLength: 255 }),
    description: Type.Optional(Type.String({ description: 'What it does, for people and agents.', maxLength: 4_096 })),
    modes: Type.Array(oneOf(['sync', 'async'], 'Answer in the same call, or as a job.'), {
      description: 'Execution modes that it supports; the first is the default.',
      minItems: 1,
      maxItems: 2,
    }),
    class: oneOf(['read', 'send', 'admin'], 'What kind of action it is.'),
    mutating: Type.Boolean({ description: 'Whether it changes something at the provider.' }),
    requestSchema: freeForm('JSON Schema 2020-12 of the request.'),
    responseSchema: freeForm('JSON Schema 2020-12 of the response.'),
    maxTimeoutMs: Type.Integer({ description: 'It is stopped after this many milliseconds.', minimum: 1 }),
    supportsIdempotency: Type.Boolean({ description: 'Whether the provider itself recognises a repeated key.' }),
    maxPayloadBytes: Type.Integer({ description: 'Largest request and response in bytes.', minimum: 1 }),
    redact: Type.Array(Type.String({ minLength: 1 }), {
      description: 'JSON pointers of response fields that are masked; * stands for any item. An empty list says there are none.',
      maxItems: 1_000,
    }),
    retryPolicy: Type.Optional(RetryPolicy),
  },
  { ...strict, description: 'One named action.' },
);
/** One named action of a type. */
export type OperationDeclaration = Static<typeof OperationDeclaration>;
