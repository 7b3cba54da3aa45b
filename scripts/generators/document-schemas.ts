import { ConnectorType } from '../../schemas/connector-type.ts';
import { Connector } from '../../schemas/connector.ts';
import { PolicyTemplate } from '../../schemas/policy-template.ts';
import { publishedSchema } from '../../schemas/published/json-schema.ts';
import type { Generated } from './registry.ts';

const documents = { connector: Connector, connectortype: ConnectorType, policytemplate: PolicyTemplate };

/** JSON Schema files for editors (`# yaml-language-server: $schema=`) and standard validators. */
export const generated: Generated[] = Object.entries(documents).map(([name, schema]) => {
  const file = `${name}.v1alpha1.schema.json`;
  return { path: `schemas/generated/${file}`, make: () => Promise.resolve(publishedSchema(schema, file)) };
});
