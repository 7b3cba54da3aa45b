import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { Fault } from '../../../platform/errors.ts';
import { fillTemplate } from '../../../schemas/fields/template.ts';
import type { RunAssignment } from '../../apis/run.ts';
import type { LaunchSpec } from '../../apis/sandbox.ts';
import type { SecretBundle } from '../../credentials/secret-bundle.ts';
import { buildEnvironment } from '../../sandbox/environment.ts';
import { sandboxLimits } from './run-limits.ts';

/** Facts of this host that a launch needs. */
export interface LaunchHost {
  /** The runtime's own environment, of which a child gets PATH, LANG and TZ. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the types that ship with the program. */
  readonly bundledTypes: string;
  /** Relative paths in a config are read from here: the folder in which the product was started. */
  readonly baseFolder: string;
}

/**
 * Plans the launch of one attempt: program, folders that it may read, environment with the secrets last.
 * Throws `TypeUnavailable` when the type's folder is gone, `LaunchFailed` when it names no program.
 */
export function planLaunch(run: RunAssignment, secrets: SecretBundle, host: LaunchHost): LaunchSpec {
  const { command } = run.type.runtime;
  if (command === undefined) throw noCommand(run);
  const folder = typeFolder(run, host);
  return {
    runId: `${run.runId}.${run.attempt}`,
    command,
    cwd: folder,
    readPaths: readPaths(run, folder, host),
    environment: (workFolder) =>
      buildEnvironment({
        host: host.env,
        baseFolder: host.baseFolder,
        runId: run.runId,
        workFolder,
        config: run.config,
        variables: run.type.runtime.env ?? {},
        authFields: run.type.auth.fields ?? [],
        secrets,
      }),
    limits: sandboxLimits(run),
  };
}

function typeFolder(run: RunAssignment, host: LaunchHost): string {
  const { kind, folder } = run.typeOrigin;
  const path = kind === 'bundled' ? join(host.bundledTypes, folder) : folder;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new Fault({
    reason: 'TypeUnavailable',
    message: `the folder ${path} of type ${run.connectorKey} ${run.typeVersion} is not there`,
    hint: 'put the type document and its program back, or register the type from where they are now',
    disposition: { kind: 'stall' },
  });
}

/**
 * Paths that the type shows to its program, made absolute: a literal path counts from the folder of the type document, one that comes
 * from the config from the folder in which the product was started. A template without value, and a URL, name no path.
 */
function readPaths(run: RunAssignment, folder: string, host: LaunchHost): string[] {
  return (run.type.runtime.paths?.read ?? []).flatMap((template) => {
    const path = fillTemplate(template, run.config);
    if (path === undefined || path === '' || /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path)) return [];
    if (isAbsolute(path)) return [path];
    return [resolve(template === path ? folder : host.baseFolder, path)];
  });
}

function noCommand(run: RunAssignment): Fault {
  return new Fault({
    reason: 'LaunchFailed',
    message: `type ${run.connectorKey} ${run.typeVersion} has an image and no command that a subprocess could start`,
    hint: 'set spec.execution.runner to pod, or give the type a command',
    disposition: { kind: 'stall' },
  });
}
