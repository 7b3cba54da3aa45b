import type { FindingDraft } from '../../apis/finding.ts';
import { isObject } from '../normalise.ts';
import type { SchemaCompiler } from './compile-schema.ts';
import { schemaDrafts } from './schema-drafts.ts';

/** Every breach of a document against the schema of its kind, with the reason that fits the field best. */
export function documentDrafts(compiler: SchemaCompiler, schema: object & { title?: string }, value: unknown): FindingDraft[] {
  const compiled = compiler.compile(schema as Record<string, unknown>, `document:${schema.title}`);
  if ('problem' in compiled) throw new Error(`the schema of ${schema.title} does not compile: ${compiled.problem}`);
  const errors = compiled.check(value);
  if (errors === undefined) return [];
  const drafts = schemaDrafts(errors, [], { unknown: 'UnknownField', missing: 'FieldMissing', other: 'SchemaInvalid' });
  const told = new Set<string>();
  return drafts
    .map((draft) => refined(draft, value))
    .filter((draft) => {
      const key = JSON.stringify([draft.at, draft.reason]);
      return !told.has(key) && told.add(key);
    });
}

/** First that matches; `at` is compared as text. */
const REFINEMENTS: readonly { at: RegExp; refine(draft: FindingDraft, value: unknown): FindingDraft }[] = [
  { at: /^apiVersion$/, refine: (draft) => ({ ...draft, reason: 'ApiVersionUnknown' }) },
  { at: /^kind$/, refine: (draft) => ({ ...draft, reason: 'KindUnknown' }) },
  // The only rule about the whole document: an owner in one of two places.
  {
    at: /^$/,
    refine: (draft, document) =>
      isObject(document) ? { at: ['spec', 'owner'], reason: 'OwnerInvalid', message: 'there is no owner' } : draft,
  },
  { at: /^(metadata|spec)\/owner(\/|$)/, refine: (draft) => ({ ...draft, reason: 'OwnerInvalid' }) },
  { at: /^metadata\/(name|namespace)$/, refine: (draft) => ({ ...draft, reason: 'NameInvalid' }) },
  { at: /^spec\/(type|key)$/, refine: refinedKey },
  { at: /^spec\/typeVersion$/, refine: refinedTypeVersion },
];

function refined(draft: FindingDraft, value: unknown): FindingDraft {
  const path = draft.at.join('/');
  return REFINEMENTS.find(({ at }) => at.test(path))?.refine(draft, value) ?? draft;
}

function valueAt(value: unknown, at: FindingDraft['at']): unknown {
  let here = value;
  for (const part of at) here = isObject(here) ? here[part] : undefined;
  return here;
}

function refinedKey(draft: FindingDraft, document: unknown): FindingDraft {
  const key = valueAt(document, draft.at);
  if (typeof key !== 'string') return draft;
  if (!/[/:]|^www\./.test(key))
    return { ...draft, message: 'a connector_key has lower-case letters, digits, dots, dashes and underscores only' };
  return {
    ...draft,
    reason: 'ConnectorKeyRequired',
    message: 'a URL stands here; connector_key, the short canonical key of a type, is needed',
  };
}

function refinedTypeVersion(draft: FindingDraft, document: unknown): FindingDraft {
  const version = valueAt(document, draft.at);
  if (version === undefined) return draft;
  if (typeof version === 'number' && !Number.isInteger(version)) {
    return { ...draft, reason: 'TypeVersionUnquoted', message: 'the version is read as a fraction' };
  }
  return { ...draft, message: 'must be a major such as 1, or text such as "1.2" or "1.2.0"' };
}
