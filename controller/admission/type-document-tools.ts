import { ConnectorType } from '../../schemas/connector-type.ts';
import { PolicyTemplate } from '../../schemas/policy-template.ts';
import type { TypeDocumentTools } from '../apis/catalog.ts';
import { withoutNulls } from './normalise.ts';
import { parseDocuments } from './parse/parse-documents.ts';
import type { SchemaCompiler } from './schema/compile-schema.ts';
import { documentDrafts } from './schema/document-drafts.ts';

const SCHEMAS = { ConnectorType, PolicyTemplate };

/** Readers of type documents: the same parser, schemas and compiler that judge Connectors. */
export function typeDocumentTools(compiler: SchemaCompiler): TypeDocumentTools {
  return {
    parse(bytes, file) {
      const { documents, findings } = parseDocuments(bytes, file);
      return { documents: documents.map(({ value, locate }) => ({ value: withoutNulls(value), locate })), findings };
    },
    checkDocument: (kind, value) => documentDrafts(compiler, SCHEMAS[kind], value),
    schemaProblem(schema) {
      const compiled = compiler.compile(schema);
      return 'problem' in compiled ? compiled.problem : undefined;
    },
  };
}
