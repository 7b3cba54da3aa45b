import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { targetOf } from '../access/request-subject.ts';
import { connectorParams, connectorUrl, describeRoute, sequenceNumber } from '../description/api-schemas.ts';
import type { Gateway, RecordRow } from '../gateway-parts.ts';

/** Most records that are read from the database at a time; of large ones they are fewer. */
const PAGE = 1_000;
const MAX_KEY_LENGTH = 8_192;

const stream = Type.String({ minLength: 1, maxLength: 255 });
const onlyStream = Type.Object({ stream }, { additionalProperties: false });
const listQuery = Type.Object(
  {
    stream,
    limit: sequenceNumber('At most this many records; all if left out.'),
    after: Type.Optional(Type.String({ maxLength: MAX_KEY_LENGTH, description: 'Key of the last record that was seen.' })),
  },
  { additionalProperties: false },
);

/** Records of a stream as JSON lines, their number, and the streams there are. */
export async function recordRoutes(server: FastifyInstance, gateway: Gateway): Promise<void> {
  const config = { permission: 'read_records' } as const;
  const describe = (summary: string, ok: string, more: object) =>
    describeRoute({ summary, tag: 'records', ok, more: { params: connectorParams, ...more } });
  const lines = { querystring: listQuery, produces: ['application/jsonl'] };
  server.get(
    connectorUrl('/records'),
    { config, schema: describe('Records of a stream, one JSON line each, in key order', 'Record', lines) },
    async (request, reply) => {
      const { instanceId } = await targetOf(request, gateway);
      const wanted = request.query as { stream: string; limit?: number; after?: string };
      const first = { instanceId, stream: wanted.stream, after: wanted.after ?? null, limit: wanted.limit ?? Number.POSITIVE_INFINITY };
      return reply.type('application/jsonl; charset=utf-8').send(Readable.from(recordLines(gateway, first), { objectMode: false }));
    },
  );
  server.get(
    connectorUrl('/records/count'),
    { config, schema: describe('How many records a stream has', 'RecordCount', { querystring: onlyStream }) },
    async (request) => {
      const { instanceId } = await targetOf(request, gateway);
      return { count: await gateway.records.count(instanceId, (request.query as { stream: string }).stream) };
    },
  );
  server.get(connectorUrl('/streams'), { config, schema: describe('Streams that have records', 'StreamList', {}) }, async (request) => {
    const { instanceId } = await targetOf(request, gateway);
    return { apiVersion: 'v1', kind: 'List', items: await gateway.records.streams(instanceId) };
  });
}

/** Reads page by page, as fast as the reader takes it, so that memory does not grow with the stream. */
async function* recordLines(
  { records: store }: Gateway,
  first: { instanceId: string; stream: string; after: string | null; limit: number },
): AsyncGenerator<string> {
  let { after, limit } = first;
  while (limit > 0) {
    const records = await store.list({ ...first, after, limit: Math.min(limit, PAGE) });
    if (records.length === 0) return;
    yield records.map(recordLine).join('');
    limit -= records.length;
    after = (records.at(-1) as RecordRow).key;
  }
}

/** `data` goes out as the bytes that came in. A line break inside is white space of JSON and would end the line. */
function recordLine(record: RecordRow): string {
  const data = record.dataText.replace(/[\r\n]+/g, ' ');
  return `{"key":${JSON.stringify(record.key)},"data":${data},"version":${record.version},"emittedAt":${JSON.stringify(record.emittedAt)}}\n`;
}
