import { describe, expect, it } from '@jest/globals';
import { serverSentEvents } from '../../../../controller/cli/follow-changes.ts';
import { findingLine } from '../../../../controller/cli/finding-line.ts';
import { freshPart } from '../../../../controller/cli/commands/logs.ts';
import { connectorPath, connectorRef } from '../../../../controller/cli/connector-path.ts';
import { age, relativeTime, table } from '../../../../controller/cli/output.ts';
import { runCli } from '../../../../controller/cli/main.ts';
import { systemClock } from '../../../../platform/clock.ts';

async function cli(args: string[], env: Record<string, string> = {}, validate = async (): Promise<never[]> => []) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(args, {
    version: '1.2.3',
    env,
    clock: systemClock,
    defaultDataFolder: '/nowhere',
    stdin: async () => new Uint8Array(),
    output: {
      data: (text) => void out.push(text),
      raw: async (piece) => void out.push(String(piece)),
      message: (text) => void err.push(text),
      colour: false,
    },
    validate,
  });
  return { code, out: out.join(''), err: err.join('\n') };
}

describe('usage', () => {
  it.each([
    [[]],
    [['frobnicate']],
    [['get']],
    [['get', 'pods']],
    [['get', 'con', '-o', 'xml']],
    [['apply']],
    [['records', 'x']],
    [['runs', 'x', '--limit', 'many']],
    [['runs', 'x', '--limit', '0']],
    [['token', 'create', 'x']],
    [['token', 'create', 'x', '--kind', 'god']],
    [['completion', 'tcsh']],
    [['get', 'con', '--no-such']],
  ])('%j is wrong usage: exit 2, nothing on stdout, said on stderr', async (args) => {
    const { code, out, err } = await cli(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
  });

  it.each([[['--help']], [['get', '--help']], [['token', 'create', '--help']], [['help', 'diff']]])(
    '%j is help on stdout: exit 0',
    async (args) => {
      const { code, out } = await cli(args);
      expect(code).toBe(0);
      expect(out).toContain('Usage: connectorctl');
    },
  );

  it('tells its version, and completion scripts', async () => {
    expect(await cli(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
    for (const shell of ['bash', 'zsh', 'fish']) expect((await cli(['completion', shell])).out).toContain('connectorctl');
  });

  it('says where it looked for the API, and what it could not reach', async () => {
    expect(await cli(['get', 'con'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no readable client.json in /nowhere'),
    });
    const token = { CONNECTOR_TOKEN: 'secret-token-0123456789' };
    const unreachable = await cli(['--server', 'http://127.0.0.1:1', 'get', 'con'], token);
    expect(unreachable).toMatchObject({ code: 2, err: expect.stringContaining('cannot reach http://127.0.0.1:1') });
    expect(unreachable.err).not.toContain('secret-token');
    expect(await cli(['--server', 'ftp://x', 'get', 'con'], token)).toMatchObject({
      code: 2,
      err: expect.stringContaining('no http(s) URL'),
    });
    expect((await cli(['get', 'con', 'a/b/c'], { ...token, CONNECTOR_SERVER: 'http://127.0.0.1:1' })).err).toContain('NAMESPACE/NAME');
  });

  it('a fault of its own is told without a stack, with an exit code of its own', async () => {
    const broken = async (): Promise<never[]> => {
      throw new Error('it broke');
    };
    expect(await cli(['validate', '-f', 'x'], {}, broken)).toEqual({ code: 3, out: '', err: 'connectorctl: it broke' });
  });
});

describe('printing', () => {
  it('makes tables without trailing spaces, coloured on a terminal only', () => {
    const columns = [
      { header: 'NAME', show: (row: { name: string; ready: string }) => row.name },
      { header: 'READY', show: (row: { name: string; ready: string }) => row.ready },
    ];
    const rows = [
      { name: 'longer', ready: 'True' },
      { name: 'a', ready: 'False' },
    ];
    expect(table(columns, rows)).toBe('NAME     READY\nlonger   True\na        False\n');
    expect(table(columns, rows, true)).toContain('\u001b[');
  });

  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [7199, '119m'],
    [7200, '2h'],
    [172_800, '2d'],
  ])('writes %d seconds as %s', (seconds, text) => {
    const now = new Date('2026-01-10T00:00:00Z');
    expect(age(new Date(now.getTime() - seconds * 1_000), now)).toBe(text);
  });

  it('tells past from future and nothing', () => {
    const now = new Date('2026-01-10T00:00:00Z');
    expect(['2026-01-09T23:59:30Z', '2026-01-10T03:00:00Z', null].map((at) => relativeTime(at, now))).toEqual(['30s ago', 'in 3h', '-']);
  });

  it('keeps a finding on one line', () => {
    const found = { path: '', reason: 'SyntaxInvalid', message: 'a\nb\u2028c', hint: 'h' };
    expect(findingLine(found, 'x.yaml')).toBe('x.yaml:1:1: document: SyntaxInvalid: a b c (h)');
  });

  it('reads names with and without a namespace, and encodes them', () => {
    expect(connectorPath(connectorRef('a', 'ns'), '/runs')).toBe('/v1/namespaces/ns/connectors/a/runs');
    expect(connectorPath(connectorRef('x y/a?', 'ns'))).toBe('/v1/namespaces/x%20y/connectors/a%3F');
    for (const bad of ['a/b/c', '/a', 'a/']) expect(() => connectorRef(bad, 'ns')).toThrow('NAMESPACE/NAME');
  });

  it.each([
    ['nothing shown yet', '', 'a\nb\n', 'a\nb\n'],
    ['more came', 'a\n', 'a\nb\n', 'b\n'],
    ['nothing came', 'a\n', 'a\n', ''],
    ['the beginning was dropped', 'first line\nsecond line\n', 'second line\nthird line\n', 'second line\nthird line\n'],
    ['the beginning was dropped, the end is known', `${'x'.repeat(500)}END\n`, `${'x'.repeat(450)}END\nmore\n`, 'more\n'],
  ])('follows a log: %s', (_, shown, log, fresh) => {
    expect(freshPart(shown, log)).toBe(fresh);
  });

  it('reads server-sent events however they are cut', async () => {
    const bytes = Buffer.from(': hello\n\ndata: {"a":"é"}\n\nevent: x\ndata: two\ndata: lines\n\ndata: unfinished');
    for (const size of [1, 2, 7, 1_000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
      const events: string[] = [];
      for await (const data of serverSentEvents(
        (async function* () {
          yield* pieces;
        })(),
      ))
        events.push(data);
      expect(events).toEqual(['{"a":"é"}', 'two\nlines']);
    }
  });
});
