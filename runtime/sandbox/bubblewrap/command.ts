import { superviseScript } from '../launch-scripts.ts';

/** How bubblewrap can be used here, as the probe found it. */
export interface Bubblewrap {
  file: string;
  setpriv: string;
  /** `root`: it mounts with our rights and the uid is dropped inside; `user`: in a user namespace, under our own uid. */
  as: 'root' | 'user';
  /** Whether it can forbid further user namespaces (version 0.8 and later; `user` only). */
  disableUserns: boolean;
}

/**
 * How the namespaces are made. The environment is cleared: what the connector gets is handed to the supervisor.
 * As root no user namespace is made: the mounts need our rights to reach folders such as those below /root, and the three capabilities
 * are what it takes to drop uid, groups and capabilities for good right after (`insideCommand`).
 */
export function isolationArguments({ as, disableUserns }: Bubblewrap): string[] {
  const namespaces = '--unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --die-with-parent --new-session'.split(' ');
  const environment = ['--clearenv', '--setenv', 'PATH', '/usr/bin:/bin:/usr/sbin:/sbin'];
  const common = [...namespaces, '--cap-drop', 'ALL', ...environment];
  if (as === 'root') return [...common, ...['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name])];
  return [...common, '--unshare-user', ...(disableUserns ? ['--disable-userns'] : [])];
}

/** What runs inside: the drop of rights when we are root, then the supervisor, then the connector. */
export function insideCommand(bubblewrap: Bubblewrap, uid: number | undefined, folder: string, command: readonly string[]): string[] {
  const supervised = ['/bin/sh', '-c', superviseScript, 'connector-supervisor', folder, ...command];
  if (bubblewrap.as === 'user' || uid === undefined) return supervised;
  const id = String(uid);
  const drop = ['--reuid', id, '--regid', id, '--clear-groups', '--inh-caps', '-all', '--bounding-set', '-all', '--no-new-privs'];
  return [bubblewrap.setpriv, ...drop, '--', ...supervised];
}
