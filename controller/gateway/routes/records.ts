import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { AnyItems, AnyObject, answers, connectorParams, connectorUrl } from '../api-schemas.ts';
import type { GatewayParts, RecordRow } from '../gateway-parts.ts';
import { targetOf } from '../request-subject.ts';

/** Records that are read from the database at a time. */
const PAGE = 1_000;

/** Records of a stream as JSON lines, their number, and the streams there are. */
export async function recordRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const config = { permission: 'read_records' } as const;
  const stream = Type.String({ minLength: 1, maxLength: 255 });
  const schema = (summary: string, querystring: object) => ({ params: connectorParams, querystring, summary, tags: ['records'] });
  const listQuery = Type.Object(
    {
      stream,
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      after: Type.Optional(Type.String({ description: 'Key of the last record that was seen.' })),
    },
    { additionalProperties: false },
  );
  server.get(
    connectorUrl('/records'),
    { config, schema: { ...schema('Records of a stream, one JSON line each, in key order', listQuery), produces: ['application/jsonl'] } },
    async (request, reply) => {
      const { instanceId } = await targetOf(request, parts);
      const query = request.query as { stream: string; limit?: number; after?: string };
      const lines = recordLines(parts, {
        instanceId,
        stream: query.stream,
        after: query.after ?? null,
        limit: query.limit ?? Number.POSITIVE_INFINITY,
      });
      return reply.type('application/jsonl').send(Readable.from(lines, { objectMode: false }));
    },
  );
  server.get(
    connectorUrl('/records/count'),
    {
      config,
      schema: {
        ...schema('How many records a stream has', Type.Object({ stream }, { additionalProperties: false })),
        response: answers(AnyObject),
      },
    },
    async (request) => {
      const { instanceId } = await targetOf(request, parts);
      return { count: await parts.records.count(instanceId, (request.query as { stream: string }).stream) };
    },
  );
  server.get(
    connectorUrl('/streams'),
    {
      config,
      schema: { ...schema('Streams that have records', Type.Object({}, { additionalProperties: false })), response: answers(AnyItems) },
    },
    async (request) => {
      const { instanceId } = await targetOf(request, parts);
      return { apiVersion: 'v1', kind: 'List', items: await parts.records.streams(instanceId) };
    },
  );
}

/** Reads page by page, as fast as the reader takes it, so that memory does not grow with the stream. */
async function* recordLines(
  parts: GatewayParts,
  page: { instanceId: string; stream: string; after: string | null; limit: number },
): AsyncGenerator<string> {
  let { after, limit } = page;
  while (limit > 0) {
    const records = await parts.records.list({ ...page, after, limit: Math.min(limit, PAGE) });
    if (records.length > 0) yield records.map(recordLine).join('');
    if (records.length < PAGE) return;
    limit -= records.length;
    after = (records.at(-1) as RecordRow).key;
  }
}

/** `data` goes out as the bytes that came in. A line break inside is white space of JSON and would end the line. */
function recordLine(record: RecordRow): string {
  const data = record.dataText.replace(/[\r\n]+/g, ' ');
  return `{"key":${JSON.stringify(record.key)},"data":${data},"version":${record.version},"emittedAt":${JSON.stringify(record.emittedAt)}}\n`;
}
