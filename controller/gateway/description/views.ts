import { type TSchema, Type } from 'typebox';
import { ConnectorView } from '../../../schemas/connector.ts';

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const free = Type.Record(Type.String(), Type.Unknown());
const time = Type.String({ format: 'date-time' });
const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const named = ($id: string, description: string, members: Record<string, TSchema>) => Type.Object(members, { $id, description });
const list = ($id: string, description: string, item: TSchema, paged = false) => {
  const metadata = Type.Object({ continue: Type.Optional(text), remainingItemCount: Type.Optional(count) });
  return named($id, description, {
    apiVersion: Type.Literal('v1'),
    kind: Type.Literal('List'),
    ...(paged ? { metadata } : {}),
    items: Type.Array(item),
  });
};
const ref = ($id: string) => Type.Unsafe<unknown>({ $ref: `${$id}#` });

const Finding = named('Finding', 'One thing that is wrong, or worth a warning, in a document.', {
  path: text,
  reason: text,
  message: text,
  hint: text,
  severity: Type.Enum(['error', 'warning']),
  file: Type.Optional(text),
  line: Type.Optional(count),
  column: Type.Optional(count),
});

const outcomes = ['created', 'configured', 'unchanged', 'refused', 'conflict', 'stale', 'removing'];
const DocumentResult = named('DocumentResult', 'What became, or would become, of one document.', {
  kind: Type.Literal('Connector'),
  namespace: text,
  name: text,
  outcome: Type.Enum(outcomes),
  file: Type.Optional(text),
  uid: Type.Optional(text),
  generation: Type.Optional(count),
  resource_version: Type.Optional(text),
  revision: Type.Optional(text),
  reason: Type.Optional(text),
  message: Type.Optional(text),
  hint: Type.Optional(text),
  findings: Type.Array(ref('Finding')),
  warnings: Type.Array(text),
});

const change = Type.Object({
  object: Type.Enum(['spec', 'revision', 'instance', 'schedule', 'run']),
  action: Type.Enum(['create', 'update', 'delete', 'restore', 'cancel', 'start']),
  fields: Type.Array(Type.Object({ path: text, before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()) })),
});

const attempt = {
  state: text,
  reason: orNull(text),
  message: orNull(text),
  failureClass: orNull(text),
  attempt: Type.Integer({ minimum: 1 }),
  recordsEmitted: count,
  startedAt: orNull(time),
  finishedAt: orNull(time),
};

const Run = named('Run', 'A logical run; its retries are attempts of it.', {
  id: text,
  ...attempt,
  trigger: text,
  traceId: text,
  revision: text,
  typeVersion: text,
  scheduledFor: orNull(time),
  createdAt: time,
  nextAttemptAt: orNull(time),
  cancelRequestedAt: orNull(time),
  streams: Type.Array(Type.Object({ name: text, records: count })),
  checkpoint: orNull(free),
  knownGaps: Type.Array(free),
  violation: orNull(free),
  connectorError: orNull(free),
  deadLetteredAt: orNull(time),
});

const owner = Type.Object({ type: Type.Enum(['user', 'group']), id: text });
const tokenMembers = {
  id: text,
  kind: Type.Enum(['operator', 'owner_session', 'owner_agent', 'client', 'device']),
  subject: text,
  owner: orNull(owner),
  project_id: orNull(text),
  namespaces: orNull(Type.Array(text)),
  created_at: time,
  created_by: orNull(free),
  expires_at: orNull(time),
  revoked_at: orNull(time),
};

const actor = Type.Object({ kind: text, name: text, acts_for_every_owner: Type.Optional(Type.Boolean()) });
const revisions = Type.Array(Type.Object({ revision: text, generation: count, acceptedAt: time }));
const auditMembers = {
  at: time,
  actor,
  action: text,
  outcome: Type.Enum(['accepted', 'refused', 'unchanged', 'carried_out']),
  reason: orNull(text),
};

/** Every answer of the API, by name; the document refers to them and the tests check real answers against them. */
export const views: readonly TSchema[] = [
  named('Error', 'A refusal or a failure, with its cause in one word; see docs/reasons.md.', {
    error: Type.Object({
      reason: text,
      message: text,
      hint: Type.Optional(Type.String({ description: 'What to do about it.' })),
      details: free,
      request_id: text,
    }),
  }),
  Finding,
  Type.Object({ ...ConnectorView.properties }, { $id: 'Connector', description: 'A connector with its status.' }),
  list('ConnectorList', 'Connectors; as server-sent events when watched.', ref('Connector'), true),
  named('ConnectorDescription', 'A connector with what its reasons ask for, its revisions and its newest audit events.', {
    connector: ref('Connector'),
    source: text,
    hints: Type.Record(Type.String(), text),
    revisions,
    audit: Type.Array(Type.Object(auditMembers)),
  }),
  DocumentResult,
  named('ApplyResult', 'One result a document, in the order given.', { results: Type.Array(ref('DocumentResult')) }),
  named('ValidateResult', 'The verdict of admission.', { valid: Type.Boolean(), findings: Type.Array(ref('Finding')) }),
  named('DiffResult', 'What an apply would change, for people and for machines.', {
    differs: Type.Boolean(),
    text,
    documents: Type.Array(
      Type.Object({
        namespace: text,
        name: text,
        outcome: Type.Enum(outcomes),
        changes: Type.Array(change),
        findings: Type.Array(ref('Finding')),
      }),
    ),
  }),
  named('ActionResult', 'What an action did.', { result: text }),
  named('StartedRun', 'Ids of a run that was started.', { run_id: text, trace_id: text }),
  named('CancelResult', 'cancelled: it is over; requested: it ends within its grace.', {
    run_id: text,
    result: Type.Enum(['cancelled', 'requested']),
  }),
  Run,
  list('RunList', 'Runs, newest first.', ref('Run'), true),
  list('RunAttemptList', 'Attempts of a run, oldest first.', Type.Object(attempt)),
  list('RunEventList', 'Timeline of a run, oldest first.', Type.Object({ seq: count, attempt: count, type: text, at: time, data: free })),
  named('RunLog', 'The kept, redacted end of what the connector wrote to stderr.', {
    run_id: text,
    state: text,
    attempt: count,
    log: text,
    bytes_observed: count,
  }),
  named('Record', 'One line of a stream.', { key: text, data: Type.Unknown(), version: count, emittedAt: time }),
  named('RecordCount', 'How many records a stream has.', { count }),
  list('StreamList', 'Streams that have records.', Type.Object({ name: text, records: count })),
  list(
    'TypeList',
    'Types of the catalog: every version.',
    Type.Object({
      key: text,
      version: text,
      digest: text,
      displayName: text,
      description: orNull(text),
      manifestUri: orNull(text),
      protocol: text,
      auth: free,
      configSchema: free,
      streams: Type.Array(free),
      operations: Type.Array(free),
      origin: Type.Enum(['bundled', 'folder']),
    }),
  ),
  list(
    'SourceList',
    'Sources of documents.',
    Type.Object({
      name: text,
      kind: text,
      documents: count,
      listedAt: orNull(time),
      error: orNull(text),
      pendingRemoval: orNull(free),
    }),
  ),
  named('SourceAction', 'How many documents an action on a source concerned.', {
    released: Type.Optional(count),
    confirmed: Type.Optional(count),
  }),
  list(
    'AuditList',
    'Audit events, newest first.',
    Type.Object({ seq: count, ...auditMembers, namespace: orNull(text), name: orNull(text) }),
  ),
  named('IssuedToken', 'A token; shown this once and kept nowhere.', { token: text, ...tokenMembers }),
  list('TokenList', 'Tokens, without the tokens themselves.', Type.Object(tokenMembers)),
  named('Health', 'Whether the process can do its work.', {
    status: text,
    checks: Type.Optional(Type.Record(Type.String(), free)),
  }),
];
