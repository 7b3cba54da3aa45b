import { existsSync, readlinkSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunFolder } from '../folders/run-folder.ts';
import { systemFolders } from '../program/program-paths.ts';

/** What of the host a sandbox shows. All paths are the same inside and outside. */
export interface Shown {
  /** Type's `paths.read`, programs with their libraries: read-only. */
  readOnly: readonly string[];
  /** The type's folder as the connector knows it, and where it really is: a copy, or the same path. */
  typeFolder: { at: string; from: string };
  /** Places below shown paths that stay out of sight: data folder, secrets. */
  masked: readonly string[];
  run: RunFolder;
  /** Bound of work folder and /tmp in memory; undefined: folders on disk. */
  workBytes: number | undefined;
}

/** Settings of the system that programs need; no accounts, keys or service configuration. */
const etcEntries = (
  'alternatives ld.so.cache ld.so.conf ld.so.conf.d localtime timezone mime.types ' +
  'hosts host.conf gai.conf nsswitch.conf resolv.conf protocols services ' +
  'ssl/certs ssl/openssl.cnf ssl/cert.pem pki/tls/certs pki/ca-trust ca-certificates crypto-policies'
).split(' ');
const sharedMemoryBytes = 64 * 1024 * 1024;
const maskBytes = 64 * 1024;

/**
 * Arguments of bubblewrap that build the sandbox's file system. One mount a path, what is nearer to the connector replacing what is
 * not (its own folders > masks > system > shown paths); outer paths first, since an inner one is mounted on top of them.
 */
export function mountArguments(shown: Shown): string[] {
  const mounts = new Map<string, string[]>();
  for (const path of shown.readOnly) mounts.set(path, ['--ro-bind', path, path]);
  if (!mounts.has('/')) for (const [path, args] of systemMounts()) mounts.set(path, args);
  mounts.set('/proc', ['--proc', '/proc']);
  mounts.set('/dev', ['--dev', '/dev']);
  mounts.set('/dev/shm', tmpfs('/dev/shm', '1777', sharedMemoryBytes));
  const { at, from } = shown.typeFolder;
  mounts.set(at, ['--ro-bind', from, at]);
  for (const path of shown.masked) mounts.set(path, tmpfs(path, '0755', maskBytes));
  mounts.set('/etc/passwd', ['--ro-bind', shown.run.passwd, '/etc/passwd']);
  mounts.set('/etc/group', ['--ro-bind', shown.run.group, '/etc/group']);
  for (const [path, args] of workMounts(shown)) mounts.set(path, args);
  const readOnly = [...shown.masked, '/dev', '/'].flatMap((path) => ['--remount-ro', path]);
  return [...inOrder(mounts), ...readOnly];
}

/** Whether `outer` is `inner` or one of the folders above it. */
export function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer === '/' ? '/' : `${outer}/`);
}

function systemMounts(): [string, string[]][] {
  const folders = systemFolders.filter(existsSync).map((path): [string, string[]] => {
    const link = lstatSync(path).isSymbolicLink();
    return [path, link ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]];
  });
  const settings = etcEntries.map((name): [string, string[]] => [`/etc/${name}`, ['--ro-bind', `/etc/${name}`, `/etc/${name}`]]);
  return [...folders, ...settings.filter(([path]) => existsSync(path))];
}

function workMounts({ run, workBytes }: Shown): [string, string[]][] {
  const { work } = run;
  const temporary = `${work}/tmp`;
  if (workBytes === undefined) {
    return [
      [work, ['--bind', work, work]],
      ['/tmp', ['--bind', temporary, '/tmp']],
    ];
  }
  // Mode 1777, for bubblewrap cannot give a folder away; nobody else is in there.
  return [
    [work, [...tmpfs(work, '1777', workBytes), '--perms', '1777', '--dir', temporary]],
    ['/tmp', tmpfs('/tmp', '1777', workBytes)],
  ];
}

function tmpfs(path: string, mode: string, bytes: number): string[] {
  return ['--perms', mode, '--size', String(bytes), '--tmpfs', path];
}

/** Folders above a mount are made open to all: those that bubblewrap makes by itself are closed to any uid but root's. */
function inOrder(mounts: ReadonlyMap<string, string[]>): string[] {
  const made = new Set(['/']);
  return [...mounts.keys()].toSorted(byDepth).flatMap((path) => [
    ...foldersAbove(path)
      .filter((folder) => !made.has(folder) && !mounts.has(folder) && made.add(folder))
      .flatMap((folder) => ['--perms', '0755', '--dir', folder]),
    ...(mounts.get(path) ?? []),
  ]);
}

function byDepth(left: string, right: string): number {
  return left.split('/').length - right.split('/').length || left.localeCompare(right);
}

function foldersAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...foldersAbove(parent), parent];
}
