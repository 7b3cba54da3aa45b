import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ApiSubmission, DocumentDiff } from '../../apis/gateway-ports.ts';
import { subjectOf } from '../access/request-subject.ts';
import { applyAnswer } from '../answers/apply-answer.ts';
import { renderDiff } from '../answers/render-diff.ts';
import { describeRoute, idempotencyHeader, query } from '../description/api-schemas.ts';
import type { Gateway } from '../gateway-parts.ts';
import { idempotent } from '../requests/idempotent.ts';

const common = {
  file: Type.Optional(Type.String({ maxLength: 4096, description: 'Name of the file, for messages.' })),
  namespace: Type.Optional(Type.String({ minLength: 1, maxLength: 63, description: 'For documents that name none; default if left out.' })),
};
const applyQuery = query({
  ...common,
  dry_run: Type.Optional(Type.Boolean({ description: 'The verdict and the outcome, with nothing stored.' })),
  resource_version: Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,19}$',
      description: 'Refused unless the object is at this version; for a single document. metadata.resourceVersion says the same.',
    }),
  ),
});
interface SubmissionQuery {
  readonly file?: string;
  readonly namespace?: string;
  readonly dry_run?: boolean;
  readonly resource_version?: string;
}

const yaml = { schema: Type.Unsafe<unknown>({ description: 'One document or many.' }) };
const json = { schema: Type.Unsafe<unknown>({ description: 'A document, or a Kubernetes List of documents.' }) };
const body = { content: { 'application/yaml': yaml, 'application/json': json } };

/** apply, validate and diff of documents: YAML or JSON, one or many. Each document is taken or refused on its own. */
export async function specRoutes(server: FastifyInstance, gateway: Gateway): Promise<void> {
  const { specs } = gateway;
  const describe = (summary: string, ok: string, more: object = { querystring: query(common) }) =>
    describeRoute({ summary, tag: 'specs', ok, more: { body, ...more } });
  server.post(
    '/v1/specs::apply',
    {
      config: { permission: 'manage' },
      schema: describe('Submit documents as desired state', 'ApplyResult', { querystring: applyQuery, headers: idempotencyHeader }),
    },
    async (request) => {
      const submission = submissionOf(request);
      if ((request.query as SubmissionQuery).dry_run === true) return applyAnswer(await specs.dryRun(submission));
      return idempotent(request, gateway, async () => applyAnswer(await specs.apply(submission)));
    },
  );
  server.post(
    '/v1/specs::validate',
    { config: { permission: 'read' }, schema: describe('Check documents; nothing is stored', 'ValidateResult') },
    async (request) => {
      const { findings } = await specs.validate(submissionOf(request));
      return { valid: !findings.some((found) => found.severity === 'error'), findings };
    },
  );
  server.post(
    '/v1/specs::diff',
    { config: { permission: 'read' }, schema: describe('Show what an apply would change; nothing is stored', 'DiffResult') },
    async (request) => {
      const { diffs } = await specs.diff(submissionOf(request));
      return { differs: diffs.some(changesSomething), text: renderDiff(diffs), documents: diffs };
    },
  );
}

function changesSomething(diff: DocumentDiff): boolean {
  return diff.changes.length > 0;
}

function submissionOf(request: FastifyRequest): ApiSubmission {
  const { file, namespace, resource_version } = request.query as SubmissionQuery;
  return {
    text: request.body instanceof Uint8Array ? request.body : '',
    file: file ?? 'request',
    namespace: namespace ?? 'default',
    subject: subjectOf(request),
    requestId: request.id,
    ...(resource_version === undefined ? {} : { resourceVersion: resource_version }),
  };
}
