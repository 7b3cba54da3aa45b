import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { digestOf } from '../../../schemas/revision.ts';

/** Checks a value; undefined when it fits, else every error. */
export type SchemaCheck = (value: unknown) => ErrorObject[] | undefined;

/** A check, or why the schema does not compile. */
export type CompiledSchema = { check: SchemaCheck } | { problem: string };

/** Compiles JSON Schemas 2020-12, one each by digest, for as long as it lives. */
export interface SchemaCompiler {
  /** Never throws. `digest` saves computing it when the caller has it. */
  compile(schema: Record<string, unknown>, digest?: string): CompiledSchema;
}

/** A compiler with a cache of its own. */
export function schemaCompiler(): SchemaCompiler {
  const cache = new Map<string, CompiledSchema>();
  // Compiling the meta-schema costs more than most schemas do: it is compiled once, and keeps nothing of what it judges.
  const metaSchema = new Ajv2020({ logger: false });
  return {
    compile(schema, digest = digestOf(schema)) {
      const known = cache.get(digest);
      if (known !== undefined) return known;
      const compiled = compileOne(schema, metaSchema);
      cache.set(digest, compiled);
      return compiled;
    },
  };
}

function compileOne(schema: Record<string, unknown>, metaSchema: Ajv2020): CompiledSchema {
  // A validator of its own a schema: an $id in one cannot shadow another. strictSchema finds misspelt keywords.
  const ajv = new Ajv2020({
    allErrors: true,
    validateSchema: false,
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    logger: false,
  });
  addFormats.default(ajv);
  ajv.addVocabulary([...extensionKeywords(schema)]);
  try {
    // Typed as if it might load schemas; it throws at once, since this instance loads none.
    void metaSchema.validateSchema(schema, true);
    const validate = ajv.compile(schema);
    return { check: (value) => (validate(value) ? undefined : (validate.errors ?? [])) };
  } catch (error) {
    // Ajv throws plain errors for anything wrong with a schema: unknown keyword, unresolved reference, bad pattern.
    return { problem: error instanceof Error ? error.message.slice(0, 500) : 'the schema does not compile' };
  }
}

/** Keywords that begin with x- say nothing about a value; any other unknown keyword is a misspelling. */
function extensionKeywords(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, inside] of Object.entries(schema)) {
    if (key.startsWith('x-')) found.add(key);
    else extensionKeywords(inside, found);
  }
  return found;
}
