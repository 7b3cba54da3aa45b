import { Type } from 'typebox';

const strict = { additionalProperties: false } as const;

/** Path of one connector. */
export const connectorParams = Type.Object({ namespace: Type.String(), name: Type.String() }, strict);

/** Path of one run. */
export const runParams = Type.Object({ namespace: Type.String(), name: Type.String(), run_id: Type.String() }, strict);

/** How many items of a page. */
export const pageLimit = (max: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: max, description: `Items of a page, at most ${max}.` }));

/** A path below a connector. */
export const connectorUrl = (tail = ''): string => `/v1/namespaces/:namespace/connectors/:name${tail}`;

/** Body of an error answer. */
export const ErrorBody = Type.Object({
  error: Type.Object({
    reason: Type.String({ description: 'The cause in one word; see docs/reasons.md.' }),
    message: Type.String(),
    hint: Type.Optional(Type.String({ description: 'What to do about it.' })),
    details: Type.Record(Type.String(), Type.Unknown()),
    request_id: Type.String(),
  }),
});

/** An answer whose members are described by its page of the documentation. */
export const AnyObject = Type.Object({}, { additionalProperties: true });

/** A Kubernetes List of anything. */
export const AnyItems = Type.Object({ items: Type.Array(Type.Unknown()) }, { additionalProperties: true });

/** Answers of a route: its own for 200, the error body for everything else. */
export const answers = (ok: object) => ({ 200: ok, '4xx': ErrorBody, '5xx': ErrorBody });
