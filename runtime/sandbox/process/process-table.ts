import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';

/** One living process; zombies are not listed. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  uid: number;
}

/** All processes that can be seen, in one snapshot: from /proc where there is one, else from `ps`. */
export function listProcesses(): ProcessEntry[] {
  return existsSync('/proc/self/stat') ? listFromProc() : listFromPs();
}

function listFromProc(): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // The name of the program, in parentheses, may hold anything; what follows it is fixed.
      const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || state === 'X') return [];
      return [{ pid: Number(name), parent: Number(parent), group: Number(group), uid: statSync(`/proc/${name}`).uid }];
    } catch {
      return []; // ended since the folder was listed
    }
  });
}

/** For systems without /proc (macOS); the output is the same everywhere. */
export function listFromPs(): ProcessEntry[] {
  const output = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,uid=,state='], { encoding: 'utf8' });
  return output.split('\n').flatMap((line) => {
    const [pid, parent, group, uid, state] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), uid: Number(uid) }];
  });
}

/** Everything below a process, itself not included. */
export function descendantsOf(root: number, table: readonly ProcessEntry[]): ProcessEntry[] {
  const found: ProcessEntry[] = [];
  const parents = new Set([root]);
  for (let before = -1; before !== found.length; ) {
    before = found.length;
    for (const entry of table) {
      if (!parents.has(entry.parent) || parents.has(entry.pid)) continue;
      parents.add(entry.pid);
      found.push(entry);
    }
  }
  return found;
}

/**
 * Processes that were started with this `CONNECTOR_WORKDIR`, of those that we may look at. The work folder names run and runtime, where
 * `CONNECTOR_RUN_ID` would also find another runtime's attempt at the same run.
 */
export function processesOfRun(workFolder: string): number[] {
  const variable = `CONNECTOR_WORKDIR=${workFolder}`;
  return existsSync('/proc/self/environ') ? fromEnvironFiles(variable) : fromPsEnvironments(variable);
}

function fromEnvironFiles(variable: string): number[] {
  return listProcesses()
    .map((entry) => entry.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable);
      } catch {
        return false; // ended, or of another user
      }
    });
}

function fromPsEnvironments(variable: string): number[] {
  const output = execFileSync('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return output
    .split('\n')
    .filter((line) => ` ${line} `.includes(` ${variable} `))
    .map((line) => Number.parseInt(line.trim(), 10));
}

/** Process id inside the innermost pid namespace; undefined where the process is gone or the kernel does not tell. */
export function innermostPid(pid: number): number | undefined {
  try {
    const line = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return line === undefined ? undefined : Number(line.trim().split(/\s+/).at(-1));
  } catch {
    return undefined;
  }
}

/**
 * When a process started, in the kernel's ticks, as text: with the pid it names a process for good. Undefined without /proc, or when it
 * has ended, be it that nobody has waited for it yet.
 */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Sends a signal and tolerates that the process is gone. False when it was gone, or is another user's. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
