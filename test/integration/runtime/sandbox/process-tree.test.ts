import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listFromPs, listProcesses } from '../../../../runtime/sandbox/process/process-table.ts';
import { eventually, type Fixture, methods, openFixture } from './sandbox-fixture.ts';

const marked = (mark: string): number[] =>
  listProcesses()
    .map((entry) => entry.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(mark);
      } catch {
        return false;
      }
    });
let marks = 0;
const newMark = (): string => `98765.${process.pid}${marks++}`;

describe.each(methods)('a connector process, started with method %s', (method) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture(method);
  });
  afterAll(() => fixture.close());

  test('reads stdin, writes stdout and stderr, and its exit code is told', async () => {
    const child = await fixture.start('read -r line; echo "got $line"; echo oops >&2; exit 7');
    child.stdin.end('hello\n');
    const out = once(child.stdout, 'data');
    const err = once(child.stderr, 'data');
    expect([String((await out)[0]), String((await err)[0])]).toEqual(['got hello\n', 'oops\n']);
    expect(await child.exited).toEqual({ code: 7, signal: null, oom: false });
    expect(await child.dispose()).toEqual({ orphansKilled: 0, killEscalated: false });
    expect(await child.dispose()).toEqual({ orphansKilled: 0, killEscalated: false });
  });

  test('stdin at its end reaches the connector', async () => {
    expect((await fixture.run('cat; echo end')).out).toBe('end\n');
  });

  test('a closed stdout is seen while the connector lives on', async () => {
    const child = await fixture.start('exec >&-; sleep 30');
    child.stdout.resume();
    await once(child.stdout, 'end');
    expect(await Promise.race([child.exited, Promise.resolve('alive')])).toBe('alive');
    expect(child.stderr.readableEnded).toBe(false);
    await child.kill();
    await child.dispose();
  });

  test('SIGTERM goes to the connector itself, which may end in order', async () => {
    const child = await fixture.start('trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done');
    await once(child.stdout, 'data');
    const bye = once(child.stdout, 'data');
    await child.terminate(10_000);
    expect(String((await bye)[0])).toBe('bye\n');
    expect(await child.exited).toMatchObject({ code: 5, signal: null });
    expect((await child.dispose()).killEscalated).toBe(false);
  });

  test('a death by SIGTERM is told as such', async () => {
    const child = await fixture.start('echo up; exec sleep 30');
    await once(child.stdout, 'data');
    await child.terminate(10_000);
    expect(await child.exited).toMatchObject({ code: null, signal: 'SIGTERM' });
    await child.dispose();
  });

  test('[PROTO-12] who ignores SIGTERM is killed after the grace, with all descendants', async () => {
    const mark = newMark();
    const child = await fixture.start(`trap "" TERM; sleep ${mark} & echo up; while :; do sleep 0.05; done`);
    await once(child.stdout, 'data');
    await child.terminate(100);
    expect(await child.exited).toMatchObject({ code: null, signal: 'SIGKILL' });
    const { orphansKilled, killEscalated } = await child.dispose();
    expect(killEscalated).toBe(true);
    expect(orphansKilled).toBeGreaterThanOrEqual(1);
    expect(marked(mark)).toEqual([]);
  });

  test('[PROTO-12] a descendant that holds stdout is seen, counted and killed', async () => {
    const mark = newMark();
    const child = await fixture.start(`sleep ${mark} & exit 0`);
    let ended = false;
    child.stdout.resume().on('end', () => (ended = true));
    expect(await child.exited).toMatchObject({ code: 0 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ended).toBe(false);
    expect(marked(mark)).toHaveLength(1);
    expect((await child.dispose()).orphansKilled).toBe(1);
    expect(marked(mark)).toEqual([]);
  });

  test('[PROTO-12] a daemon in a session of its own does not outlive the run', async () => {
    const mark = newMark();
    const script = `(setsid sh -c "setsid sleep ${mark} </dev/null >/dev/null 2>&1 &" </dev/null >/dev/null 2>&1 &); sleep 0.2; exit 0`;
    const child = await fixture.start(script);
    child.stdout.resume();
    await child.exited;
    expect(marked(mark)).toHaveLength(1);
    expect((await child.dispose()).orphansKilled).toBe(1);
    expect(marked(mark)).toEqual([]);
  });

  test('a daemon that cleared its environment does not either', async () => {
    // Under our own uid and without a sandbox nothing tells such a process from ours: the isolation says so.
    if (fixture.sandbox.isolation.missing.includes('own uid')) return;
    const mark = newMark();
    const { disposal } = await fixture.run(`setsid env -i sleep ${mark} </dev/null >/dev/null 2>&1 & sleep 0.2`);
    expect(disposal.orphansKilled).toBe(1);
    expect(marked(mark)).toEqual([]);
  });

  test('the work folder is private, writable and gone after the run', async () => {
    let work = '';
    const environment = (folder: string) => {
      work = folder;
      return { PATH: '/usr/bin:/bin', TMPDIR: `${folder}/tmp` };
    };
    const script = 'cd "$CONNECTOR_WORKDIR" && stat -c %a . && echo x > file && mktemp && mkdir closed && touch closed/x && chmod 0 closed';
    const { out, err } = await fixture.run(script, { environment });
    expect(err).toBe('');
    expect(out).toMatch(new RegExp(`^700\\n${work}/tmp/`));
    expect(existsSync(work)).toBe(false);
  });

  test('[HARD-19.4.1-2] its environment is exactly what it was given, quotes and line breaks included', async () => {
    const odd = `it's "quoted"\n$HOME \\ \`x\` ß`;
    const environment = () => ({ PATH: '/usr/bin:/bin', ODD: odd, LD_PRELOAD_: '1' });
    const { out } = await fixture.run('printf %s "$ODD"; printf "\\n--\\n"; env -0 | tr "\\0" "\\n" | cut -d= -f1', { environment });
    expect(out.startsWith(`${odd}\n--\n`)).toBe(true);
    const names = out
      .slice(out.indexOf('--'))
      .split('\n')
      .filter((name) => /^[A-Z_]+$/.test(name));
    expect(names.filter((name) => !['PWD', 'OLDPWD', '_'].includes(name)).toSorted()).toEqual([
      'CONNECTOR_WORKDIR',
      'LD_PRELOAD_',
      'ODD',
      'PATH',
    ]);
  });

  test('[CI-16.1] two runs at once each hold only their own secret, and no command line holds any', async () => {
    const environment = (secret: string) => () => ({ PATH: '/usr/bin:/bin', TOKEN: secret });
    const script = 'echo "$TOKEN"; read -r _; cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep ^TOKEN | sort -u';
    const secrets = ['first-canary-1', 'second-canary-2'] as const;
    const children = await Promise.all(secrets.map((secret) => fixture.start(script, { environment: environment(secret) })));
    const first = await Promise.all(children.map(async (child) => String((await once(child.stdout, 'data'))[0])));
    expect(first).toEqual(secrets.map((secret) => `${secret}\n`));
    for (const { pid } of listProcesses()) {
      const line = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'latin1') : '';
      for (const secret of secrets) expect(line).not.toContain(secret);
    }
    for (const child of children) {
      expect(readFileSync(`/proc/${child.pid}/environ`, 'latin1').includes('canary')).toBe(!fixture.sandbox.isolation.isolated);
    }
    const seen = children.map((child) => once(child.stdout, 'data'));
    for (const child of children) child.stdin.end('\n');
    const found = (await Promise.all(seen)).map(([chunk]) => String(chunk));
    const promised = !fixture.sandbox.isolation.missing.includes('own uid');
    if (promised) expect(found).toEqual(secrets.map((secret) => `TOKEN=${secret}\n`));
    await Promise.all(children.map((child) => child.dispose()));
  });

  test('its program may be a script with an interpreter on the PATH, or Python through a version manager', async () => {
    const types = join(fixture.folder, 'types');
    writeFileSync(join(types, 'run.js'), '#!/usr/bin/env node\nconsole.log(process.argv[2])\n', { mode: 0o755 });
    expect((await fixture.run('', { command: ['./run.js', 'with node'] })).out).toBe('with node\n');
    writeFileSync(join(types, 'main.py'), 'import ssl, sys\nprint(sys.argv[1])\n', { mode: 0o644 });
    expect((await fixture.run('', { command: ['python3', 'main.py', 'with python'] })).out).toBe('with python\n');
  });

  test("a type's folder that is closed to other uids can still be used", async () => {
    const closed = join(fixture.folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(join(closed, 'main.sh'), 'pwd; echo started', { mode: 0o600 });
    const { out } = await fixture.run('', { command: ['sh', 'main.sh'], cwd: closed });
    expect(out).toContain('started\n');
  });

  const refused: [reason: string, changes: (folder: string) => object, message: RegExp][] = [
    ['no such program on the PATH', () => ({ command: ['no-such-program'] }), /program no-such-program is not on the PATH/],
    ['no such file', () => ({ command: ['./absent'] }), /absent is not there or not executable/],
    ['a folder that is gone', (folder) => ({ cwd: join(folder, 'gone') }), /gone is not there/],
    ['a run id that is a path', () => ({ runId: '../x' }), /cannot name a folder/],
    [
      'a failing environment',
      () => ({
        environment: () => {
          throw new Error('no environment');
        },
      }),
      /no environment/,
    ],
  ];
  test.each(refused)('%s refuses the launch and leaves nothing', async (_, changes, message) => {
    const before = listProcesses().length;
    await expect(fixture.run('', changes(fixture.folder))).rejects.toThrow(message);
    const [owner] = readdirSync(join(fixture.folder, 'data', 'runs'));
    expect(readdirSync(join(fixture.folder, 'data', 'runs', owner ?? ''))).toEqual([]);
    await eventually(() => listProcesses().length <= before + 4);
  });
});

test('ps tells the same as /proc', () => {
  const own = listFromPs().find((entry) => entry.pid === process.pid);
  expect(own).toEqual(listProcesses().find((entry) => entry.pid === process.pid));
});
