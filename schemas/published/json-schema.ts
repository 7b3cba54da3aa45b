import type { TSchema } from 'typebox';

/** JSON values of a schema, as they are written to a file. */
export type SchemaJson = Record<string, unknown>;

/** The published JSON Schema file of a document: what editors and standard validators read. Says the same as the server's own check. */
export function publishedSchema(schema: TSchema, fileName: string): string {
  const body = withoutKubernetesWords(plain(schema)) as SchemaJson;
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `https://cynodeai.io/schemas/${fileName}` };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}

/** The schema as plain JSON, without what TypeBox hides in it. */
export function plain(schema: TSchema): SchemaJson {
  return JSON.parse(JSON.stringify(schema)) as SchemaJson;
}

/** Keywords for the API server alone; a strict validator refuses keywords that it does not know. */
function withoutKubernetesWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutKubernetesWords);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-kubernetes-'));
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutKubernetesWords(member)]));
}
