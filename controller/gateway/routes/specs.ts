import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ApiSubmission, DocumentDiff } from '../../apis/gateway-ports.ts';
import type { DocumentResult } from '../../apis/intake.ts';
import { AnyObject, answers } from '../api-schemas.ts';
import { renderDiff } from '../render-diff.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { subjectOf } from '../request-subject.ts';

const query = Type.Object(
  {
    file: Type.Optional(Type.String({ maxLength: 4096, description: 'Name of the file, for messages.' })),
    namespace: Type.Optional(Type.String({ maxLength: 63, description: 'For documents that name none; default if left out.' })),
    dry_run: Type.Optional(Type.Boolean({ description: 'The verdict and the outcome, with nothing stored.' })),
  },
  { additionalProperties: false },
);

/** apply, validate and diff of documents: YAML or JSON, one or many. */
export async function specRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const describe = (summary: string) => ({
    querystring: query,
    summary,
    tags: ['specs'],
    consumes: ['application/yaml', 'application/json'],
    response: answers(AnyObject),
  });
  server.post(
    '/v1/specs::apply',
    { config: { permission: 'manage' }, schema: describe('Submit documents as desired state') },
    async (request) => {
      const submission = submissionOf(request);
      if ((request.query as { dry_run?: boolean }).dry_run) return answer(await parts.specs.dryRun(submission));
      return onceForKey(request, submission, parts, async () => answer(await parts.specs.apply(submission)));
    },
  );
  server.post(
    '/v1/specs::validate',
    { config: { permission: 'read' }, schema: describe('Check documents; nothing is stored') },
    async (request) => {
      const { findings } = await parts.specs.validate(submissionOf(request));
      return { valid: !findings.some((found) => found.severity === 'error'), findings };
    },
  );
  server.post(
    '/v1/specs::diff',
    { config: { permission: 'read' }, schema: describe('Show what an apply would change; nothing is stored') },
    async (request) => {
      const { diffs } = await parts.specs.diff(submissionOf(request));
      return { differs: diffs.some(changesSomething), text: renderDiff(diffs), documents: diffs };
    },
  );
}

function changesSomething(diff: DocumentDiff): boolean {
  return diff.changes.length > 0;
}

function submissionOf(request: FastifyRequest): ApiSubmission {
  const { file, namespace } = request.query as { file?: string; namespace?: string };
  return {
    text: typeof request.body === 'string' ? request.body : '',
    file: file ?? 'request',
    namespace: namespace ?? 'default',
    subject: subjectOf(request),
    requestId: request.id,
  };
}

/** `Idempotency-Key`: a repeat of the same request gets the first answer and does nothing. */
async function onceForKey<T>(request: FastifyRequest, submission: ApiSubmission, parts: GatewayParts, work: () => Promise<T>): Promise<T> {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return work();
  const requestHash = createHash('sha256').update(`${request.url}\n${submission.text}`).digest('hex');
  const { kind, subject } = submission.subject;
  return parts.idempotency.once({ subject: `${kind}:${subject}`, key: key.slice(0, 255), requestHash }, work);
}

function answer({ results }: { results: readonly DocumentResult[] }): { results: object[] } {
  return {
    results: results.map(({ resourceVersion, findings, ...result }) => ({
      kind: 'Connector',
      ...result,
      ...(resourceVersion === undefined ? {} : { resource_version: resourceVersion }),
      warnings: findings.filter((found) => found.severity === 'warning').map((found) => `${found.path}: ${found.message} (${found.hint})`),
    })),
  };
}
