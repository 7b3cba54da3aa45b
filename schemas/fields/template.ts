const REFERENCE = /\$\{([^}]*)\}/g;
const CONFIG_REFERENCE = /^config((?:\.[A-Za-z0-9_-]+)+)(\|endpoint)?$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443', 'git:': '9418' };

/** One `${...}` of a template: the path inside config, or undefined when it is not `config.` and names. `|endpoint` may follow. */
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
 * `${config.a.b|endpoint}` is host:port of the http, https or git URL in that field, and has no value where the field holds anything else,
 * such as a path. Undefined when a reference has no value there: the caller leaves the variable, path or rule out.
 */
export function fillTemplate(template: string, config: Readonly<Record<string, unknown>>): string | undefined {
  let complete = true;
  const text = template.replace(REFERENCE, (whole) => {
    const found = configValue(config, templateReferences(whole)[0]?.configPath);
    const value = whole.endsWith('|endpoint}') ? endpointOf(found) : found;
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

function endpointOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { protocol, hostname, port } = new URL(value);
  const endpoint = port === '' ? DEFAULT_PORTS[protocol] : port;
  return endpoint === undefined || hostname === '' || !(protocol in DEFAULT_PORTS) ? undefined : `${hostname}:${endpoint}`;
}
