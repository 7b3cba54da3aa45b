import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConnectorFailure } from '../sdk/failure.ts';
import type { Session } from '../sdk/session.ts';
import { Git } from './git.ts';

/** A repository that is ready to be read, and the tip of the branch that is followed. */
export interface Repository {
  readonly git: Git;
  readonly gitDir: string;
  /** Object id of the newest commit; undefined while the repository has none. */
  readonly tip: string | undefined;
  /** Tries to get a commit that the branch no longer reaches. False when it is gone for good. */
  recover(sha: string): Promise<boolean>;
}

const urlPattern = /^[a-z][a-z0-9+.-]*:\/\/|^[^/]+::/i;
const remoteProtocols = ['https', 'http', 'git'];

/** Opens what the config names. Throws `ConnectorFailure` `repository_not_found`, `repository_unreachable`, `branch_not_found` or `url_unsupported`. */
export async function openRepository(session: Session): Promise<Repository> {
  const configured = String(session.environment.config['repository']);
  const branch = session.environment.config['branch'] as string | undefined;
  return urlPattern.test(configured) ? openUrl(session, configured, branch) : openFolder(session, configured, branch);
}

async function openFolder(session: Session, configured: string, branch: string | undefined): Promise<Repository> {
  const folder = session.environment.resolvePath(configured);
  const gitDir = await findGitDir(folder, configured);
  const git = new Git({ gitDir, allowProtocol: 'none', signal: session.signal });
  const names = branch === undefined ? ['HEAD'] : [`refs/heads/${branch}`, `refs/remotes/${branch}`];
  const tip = await resolve(git, names);
  if (tip === undefined && branch !== undefined) throw branchNotFound(branch, configured);
  return { git, gitDir, tip, recover: async (sha) => has(git, sha) };
}

async function findGitDir(folder: string, configured: string): Promise<string> {
  const inWorkTree = path.join(folder, '.git');
  if (await exists(inWorkTree)) return inWorkTree;
  const isBare = (await exists(path.join(folder, 'HEAD'))) && (await isFolder(path.join(folder, 'objects')));
  if (isBare) return folder;
  const message = `No Git repository at ${configured}: neither a work tree with .git nor a bare repository that this user may read`;
  throw new ConnectorFailure({ code: 'repository_not_found', message, recoveryHint: 'manual_action_required' });
}

// The work folder is wiped after each run, so each run fetches the commits again, without their files (`tree:0`).
async function openUrl(session: Session, url: string, branch: string | undefined): Promise<Repository> {
  checkUrl(url);
  const gitDir = path.join(session.environment.workdir, 'repository.git');
  const git = new Git({ gitDir, allowProtocol: remoteProtocols.join(':'), signal: session.signal });
  await git.ask(['init', '--quiet', '--bare', gitDir]);
  await git.ask(['config', 'remote.origin.url', url]);
  const ref = branch === undefined ? 'HEAD' : `refs/heads/${branch}`;
  const listed = await git.attempt(['ls-remote', '--exit-code', '--quiet', 'origin', ref]);
  if (listed > 2 || listed === 1) throw unreachable(url);
  const recover = async (sha: string) => (await has(git, sha)) || (await fetch(git, [sha])) === 0;
  if (listed === 2) {
    if (branch !== undefined) throw branchNotFound(branch, withoutQuery(url));
    return { git, gitDir, tip: undefined, recover };
  }
  if ((await fetch(git, [`+${ref}:refs/connector/tip`, '+refs/tags/*:refs/tags/*'])) !== 0) throw unreachable(url);
  return { git, gitDir, tip: await resolve(git, ['refs/connector/tip']), recover };
}

function fetch(git: Git, refspecs: readonly string[]): Promise<number> {
  return git.attempt(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--filter=tree:0', 'origin', ...refspecs]);
}

function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !remoteProtocols.includes(parsed.protocol.slice(0, -1))) {
    const message = `Of remote repositories only ${remoteProtocols.join(', ')} URLs can be read`;
    throw new ConnectorFailure({ code: 'url_unsupported', message, recoveryHint: 'manual_action_required' });
  }
  if (parsed.password !== '') {
    const message = 'The repository URL holds a password; config is no place for secrets';
    throw new ConnectorFailure({ code: 'url_unsupported', message, recoveryHint: 'manual_action_required' });
  }
}

async function resolve(git: Git, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const answer = await git.ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
    if (answer.exitCode === 0) return answer.stdout;
  }
  return undefined;
}

async function has(git: Git, sha: string): Promise<boolean> {
  return (await git.attempt(['cat-file', '-e', `${sha}^{commit}`])) === 0;
}

function branchNotFound(branch: string, repository: string): ConnectorFailure {
  const message = `There is no branch ${branch} in ${repository}`;
  return new ConnectorFailure({ code: 'branch_not_found', message, recoveryHint: 'manual_action_required' });
}

function unreachable(url: string): ConnectorFailure {
  const message = `${withoutQuery(url)} could not be read: not reachable, not there, or it asks for a password; what git said is in the run log`;
  return new ConnectorFailure({ code: 'repository_unreachable', message, retryable: true });
}

function withoutQuery(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
