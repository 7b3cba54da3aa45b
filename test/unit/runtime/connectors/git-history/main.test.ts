import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { failureOf, recordsOf, runConnector } from '../connector-process.ts';

const streams = ['commits', 'tags'];
let folder: string;
let repository: string;

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=Ada L', '-c', 'user.email=ada@example.com'];
  const env = { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  return execFileSync('git', [...identity, ...args], {
    cwd: repository,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

function commit(count: number, from = 0): void {
  for (let n = from; n < from + count; n += 1) git('commit', '-q', '--allow-empty', '-m', `change ${n}\n\nmore about ${n}`);
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'git-history-'));
  repository = folder;
  git('init', '-q', '-b', 'main', path.join(folder, 'repo'));
  repository = path.join(folder, 'repo');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a repository in a folder', () => {
  test('every commit and tag is a record, and the next run sends only what is new', async () => {
    commit(12);
    git('tag', 'light');
    git('tag', '-a', 'v1', '-m', 'the first\n\nwith a body');
    const first = await runConnector('git-history', { config: { repository }, streams });
    expect(first).toMatchObject({ exitCode: 0, done: { status: 'succeeded', records_emitted: 14 } });
    const head = git('rev-parse', 'HEAD');
    expect(recordsOf(first, 'commits').get(head)).toEqual({
      sha: head,
      tree: git('rev-parse', 'HEAD^{tree}'),
      parents: [git('rev-parse', 'HEAD~1')],
      author_name: 'Ada L',
      author_email: 'ada@example.com',
      authored_at: git('log', '-1', '--format=%aI').replace('Z', '+00:00'),
      committer_name: 'Ada L',
      committer_email: 'ada@example.com',
      committed_at: git('log', '-1', '--format=%cI').replace('Z', '+00:00'),
      subject: 'change 11',
      body: 'more about 11',
      signed: false,
    });
    expect(recordsOf(first, 'tags').get('light')).toMatchObject({ target: head, target_type: 'commit', annotated: false, message: null });
    expect(recordsOf(first, 'tags').get('v1')).toMatchObject({
      target: head,
      annotated: true,
      tagger_name: 'Ada L',
      message: 'the first\n\nwith a body',
    });

    commit(3, 12);
    const second = await runConnector('git-history', { config: { repository }, streams, state: first.state });
    expect([...recordsOf(second, 'commits').values()].map((data) => data?.['subject'])).toEqual(['change 14', 'change 13', 'change 12']);
    expect(recordsOf(second, 'tags').size).toBe(0);

    const third = await runConnector('git-history', { config: { repository }, streams, state: second.state });
    expect(third.messages.map((message) => message.type)).toEqual(['DONE']);
  });

  test('commits that a rewritten history left behind are deleted', async () => {
    commit(5);
    const first = await runConnector('git-history', { config: { repository }, streams: ['commits'] });
    const lost = [git('rev-parse', 'HEAD'), git('rev-parse', 'HEAD~1')];
    git('reset', '-q', '--hard', 'HEAD~2');
    commit(1, 50);
    const second = await runConnector('git-history', { config: { repository }, streams: ['commits'], state: first.state });
    const records = recordsOf(second, 'commits');
    expect(lost.map((sha) => records.get(sha))).toEqual([null, null]);
    expect(records.size).toBe(3);
  });

  test('when the commits that were left behind are gone for good, that is told and everything is sent again', async () => {
    commit(3);
    const state = { commits: { tip: 'f'.repeat(40), shallow: null } };
    const run = await runConnector('git-history', { config: { repository }, streams: ['commits'], state });
    expect(run.messages[0]).toMatchObject({ type: 'SKIP_RESULT', stream: 'commits', reason: 'history_rewritten' });
    expect(run.done).toMatchObject({ status: 'succeeded', records_emitted: 3 });
  });

  test('a moved tag changes, a deleted one is deleted', async () => {
    commit(2);
    git('tag', 'moves');
    git('tag', 'goes');
    const first = await runConnector('git-history', { config: { repository }, streams: ['tags'] });
    git('tag', '-f', 'moves', 'HEAD~1');
    git('tag', '-d', 'goes');
    const second = await runConnector('git-history', { config: { repository }, streams: ['tags'], state: first.state });
    expect(recordsOf(second, 'tags').get('goes')).toBeNull();
    expect(recordsOf(second, 'tags').get('moves')).toMatchObject({ target: git('rev-parse', 'HEAD~1') });
  });

  test('a full refresh sends all again and still deletes what is gone', async () => {
    commit(2);
    git('tag', 'goes');
    const first = await runConnector('git-history', { config: { repository }, streams });
    git('tag', '-d', 'goes');
    const second = await runConnector('git-history', { config: { repository }, streams, state: first.state, mode: 'full_refresh' });
    expect(recordsOf(second, 'commits').size).toBe(2);
    expect(recordsOf(second, 'tags').get('goes')).toBeNull();
  });

  test('a clone that was deepened sends what appeared below', async () => {
    commit(6);
    const source = repository;
    repository = folder;
    git('clone', '-q', '--depth', '2', `file://${source}`, 'shallow');
    repository = path.join(folder, 'shallow');
    const first = await runConnector('git-history', { config: { repository }, streams: ['commits'] });
    expect(recordsOf(first, 'commits').size).toBe(2);
    git('fetch', '-q', '--unshallow');
    const second = await runConnector('git-history', { config: { repository }, streams: ['commits'], state: first.state });
    expect(recordsOf(second, 'commits').size).toBe(6);
  });

  test('a repository without commits succeeds with nothing; a bare one and a branch are read', async () => {
    const empty = await runConnector('git-history', { config: { repository }, streams });
    expect(empty.done).toMatchObject({ status: 'succeeded', records_emitted: 0 });
    commit(1);
    git('switch', '-q', '-c', 'side');
    commit(2, 1);
    const main = await runConnector('git-history', { config: { repository: path.join(repository, '.git'), branch: 'main' }, streams });
    expect(recordsOf(main, 'commits').size).toBe(1);
  });

  test('a relative path counts from CONNECTOR_BASEDIR', async () => {
    commit(1);
    const run = await runConnector('git-history', { config: { repository: './repo' }, streams, env: { CONNECTOR_BASEDIR: folder } });
    expect(run.done).toMatchObject({ status: 'succeeded', records_emitted: 1 });
  });

  test('only the fields of the scope are sent', async () => {
    commit(1);
    const run = await runConnector('git-history', { config: { repository }, streams: [{ name: 'commits', fields: ['subject', 'sha'] }] });
    expect([...recordsOf(run, 'commits').values()].map((data) => Object.keys(data ?? {}).sort())).toEqual([['sha', 'subject']]);
  });

  test('hooks and programs that the repository configures are not run', async () => {
    commit(1);
    for (const key of ['core.fsmonitor', 'core.pager', 'gpg.program', 'core.sshCommand'])
      git('config', key, `touch ${folder}/owned; false`);
    git('config', 'log.showSignature', 'true');
    const run = await runConnector('git-history', { config: { repository }, streams });
    expect(run.done).toMatchObject({ status: 'succeeded', records_emitted: 1 });
    expect(() => rmSync(path.join(folder, 'owned'))).toThrow('ENOENT');
  });

  test('an absent repository, an absent branch and a URL that is not read fail with what to do', async () => {
    commit(1);
    const absent = await runConnector('git-history', { config: { repository: folder }, streams });
    expect(failureOf(absent, 'repository_not_found')).toMatchObject({ retryable: false, recovery_hint: 'manual_action_required' });
    const branch = await runConnector('git-history', { config: { repository, branch: 'nope' }, streams });
    expect(failureOf(branch, 'branch_not_found')['message']).toContain('nope');
    for (const url of ['ext::sh -c touch% /tmp/owned', 'file:///tmp/x', 'https://ada:canary-pass@example.com/x']) {
      const refused = await runConnector('git-history', { config: { repository: url }, streams });
      failureOf(refused, 'url_unsupported');
      expect(refused.stderr + refused.lines.join('')).not.toContain('canary-pass');
    }
  });

  test('more tags than a cursor holds fail that stream alone: the commits still advance', async () => {
    commit(1);
    const head = git('rev-parse', 'HEAD');
    const name = 'n'.repeat(200);
    const lines = Array.from({ length: 4_800 }, (_, n) => `create refs/tags/${name}${n} ${head}`).join('\n');
    execFileSync('git', ['update-ref', '--stdin'], { cwd: repository, input: `${lines}\n` });
    const run = await runConnector('git-history', { config: { repository }, streams });
    failureOf(run, 'stream_collection_failed');
    expect(run.messages.find((message) => message.type === 'SKIP_RESULT')).toMatchObject({
      stream: 'tags',
      reason: 'stream_collection_failed',
    });
    expect(run.state).toHaveProperty('commits');
    expect(recordsOf(run, 'tags').size).toBe(0);
  });
});

describe('a repository behind a URL', () => {
  let server: Server;
  let url: string;

  // The smart HTTP protocol by git's own program.
  beforeEach(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
      const cgi = {
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: pathname,
        QUERY_STRING: searchParams.toString(),
        REQUEST_METHOD: request.method ?? '',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      };
      const child = spawn('git', ['http-backend'], { env: { PATH: process.env['PATH'], ...cgi } });
      request.pipe(child.stdin);
      const parts: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => parts.push(chunk));
      child.on('close', () => {
        const answer = Buffer.concat(parts);
        const end = answer.indexOf('\r\n\r\n');
        const headers = answer
          .subarray(0, end)
          .toString()
          .split('\r\n')
          .map((line) => line.split(': ') as [string, string]);
        const status = headers.find(([header]) => header === 'Status')?.[1] ?? '200';
        response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([header]) => header !== 'Status')));
        response.end(answer.subarray(end + 4));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo/.git`;
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  const fetched = (config: Record<string, unknown>, state: Readonly<Record<string, unknown>> | null = null) =>
    runConnector('git-history', { config, streams, state, env: { CONNECTOR_WORKDIR: mkdtempSync(path.join(folder, 'work-')) } });

  test('is fetched into the work folder and goes on from the last commit; a forced push ends in deletes', async () => {
    commit(8);
    git('tag', 'v1');
    git('config', 'uploadpack.allowFilter', 'true');
    git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    const first = await fetched({ repository: url });
    expect(first.done).toMatchObject({ status: 'succeeded', records_emitted: 9 });
    const lost = git('rev-parse', 'HEAD');
    git('reset', '-q', '--hard', 'HEAD~1');
    commit(2, 20);
    const second = await fetched({ repository: url, branch: 'main' }, first.state);
    expect(recordsOf(second, 'commits').get(lost)).toBeNull();
    expect(recordsOf(second, 'commits').size).toBe(3);
    expect(recordsOf(second, 'tags').size).toBe(0);
  });

  test('empty, absent, and without that branch', async () => {
    expect((await fetched({ repository: url })).done).toMatchObject({ status: 'succeeded', records_emitted: 0 });
    commit(1);
    failureOf(await fetched({ repository: url, branch: 'nope' }), 'branch_not_found');
    const absent = failureOf(await fetched({ repository: url.replace('repo', 'nothing') }), 'repository_unreachable');
    expect(absent).toMatchObject({ retryable: true });
  });
});
