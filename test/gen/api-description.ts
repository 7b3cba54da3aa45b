import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** An OpenAPI document, as far as the tests look into it. */
export interface ApiDescription {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** One operation of it. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>>;
}

/** Throws when an answer is not what the API says of itself. */
export type AnswerCheck = (answer: { method: string; path: string; status: number; body: unknown }) => void;

/** Schemas of a document with `date-time` and the like, every reference resolved at its first use. */
export function schemasOf(document: ApiDescription): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api', undefined, false);
  return ajv;
}

/** JSON pointer to a place in the document. */
export const pointer = (...parts: string[]): string =>
  `api#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

/** Checks answers against the document. A route that is not described answers errors only. */
export function answerCheck(document: ApiDescription): AnswerCheck {
  const ajv = schemasOf(document);
  const templates = Object.keys(document.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/[.:]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`),
  }));
  return ({ method, path, status, body }) => {
    const template = templates.find(({ pattern }) => pattern.test(path.split('?')[0] ?? ''))?.template;
    const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
    const code = [String(status), `${String(status)[0]}XX`].find((key) => operation?.responses[key] !== undefined);
    if (template !== undefined && operation !== undefined && code === undefined)
      throw new Error(`${method} ${path}: ${status} is not described`);
    const place =
      template === undefined || operation === undefined || code === undefined
        ? pointer('components', 'schemas', 'Error')
        : pointer('paths', template, method.toLowerCase(), 'responses', code, 'content', 'application/json', 'schema');
    const validate = ajv.getSchema(place) ?? ajv.compile({ $ref: place });
    if (!validate(body)) throw new Error(`${method} ${path} ${status}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`);
  };
}
