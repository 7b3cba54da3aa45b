import { Type } from 'typebox';

const strict = { additionalProperties: false } as const;
const label = Type.String({ minLength: 1, maxLength: 63 });

/** Path of one connector. */
export const connectorParams = Type.Object({ namespace: label, name: label }, strict);

/** Path of one run; `newest` stands for the id of the newest one. */
export const runParams = Type.Object(
  { namespace: label, name: label, run_id: Type.String({ maxLength: 36, description: 'Id of a run, or `newest`.' }) },
  strict,
);

/** How many items of a page. */
export const pageLimit = (max: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: max, description: `Items of a page, at most ${max}.` }));

/** A count that PostgreSQL and JavaScript both hold exactly. */
export const sequenceNumber = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description }));

/** An object with exactly these members. */
export const query = <Members extends Record<string, ReturnType<typeof Type.Optional>>>(members: Members) => Type.Object(members, strict);

/** A repeat of a request under the same key gets the first answer and does nothing. */
export const idempotencyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: 'A repeat of the same request under this key gets the first answer.' }),
  ),
});

/** A path below a connector. */
export const connectorUrl = (tail = ''): string => `/v1/namespaces/:namespace/connectors/:name${tail}`;

/** What a route says about itself; `ok` names a shared schema of views.ts, or is one. */
export interface RouteDescription {
  readonly summary: string;
  readonly tag: 'specs' | 'connectors' | 'runs' | 'records' | 'catalog' | 'sources' | 'audit' | 'tokens' | 'health';
  readonly ok: string | object;
  readonly more?: object;
}

const errorAnswer = {
  description: 'A refusal or a failure, with its cause in one word; see docs/reasons.md.',
  content: { 'application/json': { schema: { $ref: 'Error#' } } },
};

/** The schema of a route: what is taken is checked, what is answered is described. */
export function describeRoute({ summary, tag, ok, more = {} }: RouteDescription): object {
  const good = typeof ok === 'string' ? { $ref: `${ok}#` } : ok;
  return { summary, tags: [tag], response: { 200: good, '4xx': errorAnswer, '5xx': errorAnswer }, ...more };
}
