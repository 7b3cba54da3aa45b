import { join } from 'node:path';
import { Fault } from '../../platform/errors.ts';
import { fillTemplate } from '../../schemas/fields/template.ts';
import type { AuthField } from '../../schemas/connector-type.ts';
import type { SecretBundle } from '../credentials/secret-bundle.ts';

/** All that a connector's environment is made of. */
export interface EnvironmentInput {
  /** The runtime's own environment, of which PATH, LANG and TZ are taken and nothing else. */
  host: Readonly<Record<string, string | undefined>>;
  /** Folder in which the product was started: relative paths in a config count from it. */
  baseFolder: string;
  runId: string;
  /** Private folder of the run. */
  workFolder: string;
  /** Validated config; never holds a secret. */
  config: Readonly<Record<string, unknown>>;
  /** `runtime.env` of the type. A variable whose template names an absent value is left out. */
  variables: Readonly<Record<string, string>>;
  authFields: readonly AuthField[];
  secrets: SecretBundle;
}

/** What Linux takes for one variable, name and all (MAX_ARG_STRLEN). */
const maxVariableBytes = 131_072;
/** Ours, and those that shells do not let anybody set. */
const reserved = [
  'CONNECTOR_CONFIG',
  'CONNECTOR_WORKDIR',
  'CONNECTOR_BASEDIR',
  'CONNECTOR_RUN_ID',
  'PPID',
  'UID',
  'EUID',
  'SHELLOPTS',
  'BASHOPTS',
  'BASH_VERSINFO',
];

/**
 * The whole environment of one connector, in this order, later ones winning: PATH, LANG and TZ of the host, the run's own variables,
 * `runtime.env` of the type, and last the secrets, so that no other variable ever shadows one (CI-31.R2).
 * Throws `LaunchFailed` for a variable that the type may not set and `CredentialUnavailable` for a secret that no variable can hold.
 */
export function buildEnvironment(input: EnvironmentInput): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of ['PATH', 'LANG', 'TZ']) {
    const value = input.host[name];
    if (value !== undefined && value !== '') environment[name] = value;
  }
  environment['HOME'] = input.workFolder;
  environment['TMPDIR'] = join(input.workFolder, 'tmp');
  environment['CONNECTOR_CONFIG'] = JSON.stringify(input.config);
  environment['CONNECTOR_WORKDIR'] = input.workFolder;
  environment['CONNECTOR_BASEDIR'] = input.baseFolder;
  environment['CONNECTOR_RUN_ID'] = input.runId;
  for (const [name, template] of Object.entries(input.variables)) {
    const value = fillTemplate(template, input.config);
    if (value !== undefined) environment[permitted(name, 'runtime.env')] = withoutNul(value, name);
  }
  for (const field of input.authFields) {
    const secret = input.secrets.get(field.name);
    if (secret !== undefined) environment[permitted(field.env, 'auth.fields')] = secretText(secret.value, field);
  }
  for (const [name, value] of Object.entries(environment)) {
    if (Buffer.byteLength(name) + Buffer.byteLength(value) + 2 > maxVariableBytes) throw tooLarge(name);
  }
  return environment;
}

function tooLarge(name: string): Fault {
  const message = `${name} would have more than ${maxVariableBytes} bytes, which no process can be started with`;
  return launchFailed(message, name === 'CONNECTOR_CONFIG' ? 'make spec.config smaller' : 'make the value smaller');
}

function permitted(name: string, path: string): string {
  if (!reserved.includes(name) && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw launchFailed(`${path} of the type may not set the variable ${JSON.stringify(name)}`, 'rename the variable in the type document');
}

function withoutNul(value: string, name: string): string {
  if (!value.includes('\0')) return value;
  throw launchFailed(`the value of ${name} in runtime.env holds a NUL byte`, 'remove it from spec.config');
}

function secretText(value: Buffer, field: AuthField): string {
  const text = value.toString('utf8');
  if (!value.includes(0) && Buffer.from(text).equals(value)) return text;
  throw new Fault({
    reason: 'CredentialUnavailable',
    message: `the secret for field ${field.name} cannot be held by the variable ${field.env}: it is no UTF-8 text, or has a NUL byte`,
    hint: 'store it as text, such as base64',
    disposition: { kind: 'stall' },
  });
}

function launchFailed(message: string, hint: string): Fault {
  return new Fault({ reason: 'LaunchFailed', message, hint, disposition: { kind: 'stall' } });
}
