import { readFileSync, readdirSync } from 'node:fs';

/** A process of this machine, as /proc shows it. */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly words: readonly string[];
  readonly environment: readonly string[];
}

/** All processes; one that ends meanwhile is left out. Zombies have neither words nor environment. */
export function listProcesses(): SeenProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return [{ pid: Number(name), parent, words: nulSeparated(name, 'cmdline'), environment: nulSeparated(name, 'environ') }];
      } catch {
        return [];
      }
    });
}

/** Runtime processes that work below this data folder. */
export function runtimesOf(dataFolder: string): number[] {
  return listProcesses()
    .filter(
      ({ words, environment }) =>
        words.some((word) => word.endsWith('runtime/main.ts')) && environment.includes(`CONNECTOR_DATA=${dataFolder}`),
    )
    .map(({ pid }) => pid);
}

/** Processes of connectors whose work folder lies below this data folder. */
export function connectorsOf(dataFolder: string): number[] {
  return listProcesses()
    .filter(({ environment }) => environment.some((entry) => entry.startsWith(`CONNECTOR_WORKDIR=${dataFolder}/`)))
    .map(({ pid }) => pid);
}

/** Direct children of a process, such as the backends of a PostgreSQL. */
export function childrenOf(parent: number): SeenProcess[] {
  return listProcesses().filter((process) => process.parent === parent);
}

/** Sends a signal to a process that may be gone; tells whether it was there. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function nulSeparated(pid: string, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return []; // another user's, or gone
  }
}
