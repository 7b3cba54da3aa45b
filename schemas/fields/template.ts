const REFERENCE = /\$\{([^}]*)\}/g;
const CONFIG_REFERENCE = /^config((?:\.[A-Za-z0-9_-]+)+)$/;

/** One `${...}` of a template: the path inside config, or undefined when it is not `config.` and names. */
export interface TemplateReference {
  text: string;
  configPath: string[] | undefined;
}

/** Every `${...}` of a template, in order. */
export function templateReferences(template: string): TemplateReference[] {
  return [...template.matchAll(REFERENCE)].map(([text, inside]) => ({
    text,
    configPath: CONFIG_REFERENCE.exec(inside ?? '')?.[1]
      ?.slice(1)
      .split('.'),
  }));
}

/**
 * Fills `${config.a.b}` with the value of config; text as it is, numbers and booleans as JSON, objects and arrays as JSON.
 * Undefined when a reference has no value there: the caller leaves the variable, path or rule out.
 */
export function fillTemplate(template: string, config: Readonly<Record<string, unknown>>): string | undefined {
  let complete = true;
  const text = template.replace(REFERENCE, (whole) => {
    const value = configValue(config, templateReferences(whole)[0]?.configPath);
    if (value === undefined || value === null) complete = false;
    return typeof value === 'string' ? value : JSON.stringify(value ?? '');
  });
  return complete ? text : undefined;
}

function configValue(config: Readonly<Record<string, unknown>>, path: string[] | undefined): unknown {
  let value: unknown = path === undefined ? undefined : config;
  for (const name of path ?? []) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value;
}
