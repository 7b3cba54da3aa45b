import { isAbsolute, join, resolve } from 'node:path';
import { Fault } from '../../platform/errors.ts';
import { fillTemplate } from '../../schemas/fields/template.ts';
import type { RunAssignment } from '../apis/run.ts';
import type { LaunchSpec } from '../apis/sandbox.ts';
import type { SecretBundle } from '../credentials/secret-bundle.ts';
import { buildEnvironment } from '../sandbox/environment.ts';
import { sandboxLimits } from './run-limits.ts';

/** What the sandbox is asked to start. */
export type LaunchPlan = LaunchSpec;

/** Facts of this host that a launch needs. */
export interface LaunchHost {
  /** The runtime's own environment, of which a child gets PATH, LANG and TZ. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the types that ship with the program. */
  readonly bundledTypes: string;
  /** Relative paths in a config are read from here: the folder in which the product was started. */
  readonly baseFolder: string;
}

/** Plans the launch of one attempt: program, folders that it may read, environment with the secrets last. */
export function planLaunch(run: RunAssignment, secrets: SecretBundle, host: LaunchHost): LaunchPlan {
  const { command } = run.type.runtime;
  if (command === undefined) throw noCommand(run);
  const folder = run.typeOrigin.kind === 'bundled' ? join(host.bundledTypes, run.typeOrigin.folder) : run.typeOrigin.folder;
  return {
    runId: `${run.runId}.${run.attempt}`,
    command,
    cwd: folder,
    readPaths: readPaths(run, folder, host),
    environment: (workFolder) => ({
      ...buildEnvironment({
        host: host.env,
        runId: run.runId,
        workFolder,
        config: run.config,
        variables: run.type.runtime.env ?? {},
        authFields: run.type.auth.fields ?? [],
        secrets,
      }),
    }),
    limits: sandboxLimits(run),
  };
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
