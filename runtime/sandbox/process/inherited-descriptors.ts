import { closeSync, readdirSync, readFileSync } from 'node:fs';

const closeOnExec = 0o2000000;

/**
 * Closes what this process was started with beyond stdin, stdout and stderr: connectors would inherit it. What Node opens by itself is
 * closed for children anyway, and so are the first descriptors, up to a gap beyond 16. Call it once, before anything else. Gives the numbers that were closed; none where there is no /proc.
 */
export function closeInheritedDescriptors(): number[] {
  return openDescriptors().filter((descriptor) => {
    if (descriptor <= 2 || isClosedForChildren(descriptor)) return false;
    closeSync(descriptor);
    return true;
  });
}

function openDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [];
  }
}

function isClosedForChildren(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    return flags === undefined || (Number.parseInt(flags, 8) & closeOnExec) !== 0;
  } catch {
    return true; // the descriptor with which the folder was listed
  }
}
