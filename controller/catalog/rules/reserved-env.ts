const RESERVED = new Set(['PATH', 'LANG', 'TZ', 'HOME', 'TMPDIR', 'IFS', 'ENV', 'BASH_ENV', 'NODE_OPTIONS']);

/** Variables that the runtime sets itself, or that would change how the program is loaded. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || /^(CONNECTOR_|LD_|DYLD_)/.test(name);
}
