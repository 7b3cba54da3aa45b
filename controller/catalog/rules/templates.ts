import { templateReferences } from '../../../schemas/fields/template.ts';
import type { FieldPath, FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';

/** Every ${...} of environment, paths and egress refers to a property of the config schema. */
export const templatesRule: TypeRule = {
  name: 'templates',
  judge({ runtime, configSchema }): FindingDraft[] {
    const at = ['spec', 'runtime'];
    const templates: (readonly [FieldPath, string])[] = [
      ...Object.entries(runtime.env ?? {}).map(([name, value]) => [[...at, 'env', name], value] as const),
      ...(runtime.paths?.read ?? []).map((path, index) => [[...at, 'paths', 'read', index], path] as const),
      ...(runtime.egress ?? []).map((rule, index) => [[...at, 'egress', index], rule] as const),
    ];
    return templates.flatMap(([place, template]) =>
      templateReferences(template)
        .filter(({ configPath }) => configPath === undefined || !isDeclared(configSchema.schema, configPath))
        .map(
          ({ text }): FindingDraft => ({ at: place, reason: 'TemplateInvalid', message: `${text} refers to nothing in the config schema` }),
        ),
    );
  },
};

function isDeclared(schema: Readonly<Record<string, unknown>>, path: readonly string[]): boolean {
  let here: unknown = schema;
  for (const name of path) {
    const properties = (here as { properties?: unknown }).properties;
    if (typeof properties !== 'object' || properties === null || !Object.hasOwn(properties, name)) return false;
    here = (properties as Record<string, unknown>)[name];
  }
  return true;
}
