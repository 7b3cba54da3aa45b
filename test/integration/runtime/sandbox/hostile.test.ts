import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Fixture, methods, openFixture } from './sandbox-fixture.ts';

const mebibyte = 1024 * 1024;

// Where no sandbox works only what uid and control groups give can be promised; these cases hold for root everywhere.
const asRoot = process.getuid?.() === 0;

describe.each(methods)('a hostile connector, started with method %s', (method) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture(method);
  });
  afterAll(() => fixture.close());
  const isolated = (): boolean => fixture.sandbox.isolation.isolated;

  test("[HARD-19.4.1-2] cannot read the runtime's environment, nor that of anything else", async () => {
    if (!asRoot && !isolated()) return;
    const { out } = await fixture.run(
      `cat /proc/${process.pid}/environ /proc/1/environ /proc/$PPID/environ 2>/dev/null | tr "\\0" "\\n"; echo done`,
    );
    expect(out.split('\n').filter((line) => !/^(PATH|TMPDIR|HOME|CONNECTOR_WORKDIR|PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual(['done', '']);
  });

  test('[HARD-19.4.1-2] cannot read client.json or the files of the database', async () => {
    if (!asRoot && !isolated()) return;
    const data = join(fixture.folder, 'data');
    const { out } = await fixture.run(`cat ${data}/client.json ${data}/postgres/PG_VERSION; ls ${data}/postgres`);
    expect(out).toBe('');
  });

  test('[HARD-19.4.1-2] sees nothing of the data folder even where its type may read the folder above, or works there', async () => {
    if (!isolated()) return;
    writeFileSync(join(fixture.folder, 'readable.txt'), 'shown\n');
    const { out } = await fixture.run(
      `cat ${fixture.folder}/readable.txt; ls -A ${fixture.folder}/data; cat ${fixture.folder}/data/client.json`,
      {
        readPaths: [fixture.folder],
      },
    );
    expect(out).toBe('shown\nruns\n');
    const inside = await fixture.run('cat readable.txt data/client.json', { cwd: fixture.folder });
    expect(inside.out).toBe('shown\n');
  });

  test("[HARD-19.4.1-2] is not started with a path that belongs to the product or the system's inside", async () => {
    if (!isolated()) return;
    for (const path of [join(fixture.folder, 'data'), join(fixture.folder, 'data', 'postgres'), '/proc', '/proc/1', '/sys', '/dev']) {
      await expect(fixture.run('true', { readPaths: [path] })).rejects.toMatchObject({ reason: 'LaunchFailed' });
    }
  });

  test("[CI-16.1] cannot see another run's folder or processes", async () => {
    if (!asRoot && !isolated()) return;
    const other = await fixture.start('echo planted > "$CONNECTOR_WORKDIR/secret"; echo "$CONNECTOR_WORKDIR"; read -r _');
    const work = String((await once(other.stdout, 'data'))[0]).trim();
    const { out } = await fixture.run(
      `cat ${work}/secret; ls ${work} ${work}/../..; kill -0 ${other.pid} && echo reached; kill -9 -1; true`,
    );
    expect(out).toBe('');
    other.stdin.end('\n');
    expect(await other.exited).toMatchObject({ code: 0 });
    await other.dispose();
  });

  test('has no rights of the runtime, and gains none', async () => {
    if (!asRoot && !isolated()) return;
    const { out } = await fixture.run('grep -E "^(Uid|Groups|CapPrm|CapEff|CapBnd|NoNewPrivs):" /proc/self/status; head -c1 /etc/shadow');
    expect(out).toMatch(/CapPrm:\t0+\nCapEff:\t0+\n/);
    expect(out).toMatch(/NoNewPrivs:\t1\n$/);
    if (asRoot) expect(out).toMatch(/^Uid:\t(60\d\d\d)\t\1\t\1\t\1\nGroups:\t\s*(60\d\d\d)?\s*\n/);
    if (asRoot) expect(out).toMatch(/CapBnd:\t0+\n/);
  });

  test('cannot have its variables govern programs that still have the rights of the runtime', async () => {
    const library = join(fixture.folder, 'types', 'evil.so');
    writeFileSync(library, 'not a library');
    const environment = () => ({ PATH: '/usr/bin:/bin', LD_PRELOAD: library });
    const { out, err } = await fixture.run('echo ran', { environment });
    expect(out).toBe('ran\n');
    // The loader complains once for each program that sees the variable: the connector's own, and nothing before it.
    expect(err.split('\n').filter((line) => line.includes('evil.so'))).toHaveLength(1);
  });

  test('writes nowhere but in its work folder and /tmp', async () => {
    if (!isolated()) return;
    const script =
      'for f in / /usr /etc /dev /proc /usr/bin "$PWD"; do touch "$f/x" 2>/dev/null && echo "$f"; done; touch /tmp/x "$TMPDIR/x" && echo ok';
    expect((await fixture.run(script)).out).toBe('ok\n');
  });

  test('sees of /etc no account but its own', async () => {
    if (!isolated()) return;
    const { out } = await fixture.run('cut -d: -f1 /etc/passwd; id -un; ls /root /home /var 2>/dev/null');
    expect(out).toMatch(/^(root\n)?connector\nconnector\n$/);
  });

  test('[HARD-7-6] a memory hog is killed, and the reason is known', async () => {
    if (fixture.sandbox.isolation.missing.includes('memory')) return;
    const script = `python3 -c "x = bytearray(${256 * mebibyte}); print(len(x))"`;
    const { exit, out } = await fixture.run(`exec ${script}`, { limits: { memoryBytes: 64 * mebibyte } });
    expect(exit).toEqual({ code: null, signal: 'SIGKILL', oom: true });
    expect(out).toBe('');
  });

  test('[HARD-7-6] a fork bomb ends at the limit of processes, and nothing of it stays', async () => {
    if (fixture.sandbox.isolation.missing.includes('pids')) return;
    const script = 'n=0; while [ $n -lt 60 ]; do sleep 30 >/dev/null 2>&1 & n=$((n + 1)); done; echo "all $n"';
    const { out, err, disposal } = await fixture.run(script, { limits: { pids: 20 } });
    expect(out).toBe('');
    expect(err).toMatch(/[Cc]annot fork|Resource temporarily unavailable/);
    expect(disposal.orphansKilled).toBeLessThanOrEqual(20);
    expect(disposal.orphansKilled).toBeGreaterThan(5);
  });

  test('a file beyond the limit is not written, nor is a core file', async () => {
    const script = 'ulimit -c; cd "$CONNECTOR_WORKDIR"; (head -c 3000000 /dev/zero > big) 2>/dev/null; stat -c %s big';
    expect((await fixture.run(script, { limits: { fileBytes: mebibyte, openFiles: 64 } })).out).toBe(`0\n${mebibyte}\n`);
  });

  test('a work folder in memory holds no more than its bound', async () => {
    if (!isolated()) return;
    const script =
      'cd "$CONNECTOR_WORKDIR" && for n in 1 2 3 4; do head -c 1000000 /dev/zero > "f$n" || echo full; done 2>/dev/null; mktemp > /dev/null && echo ok';
    const { out } = await fixture.run(script, { limits: { workBytes: 2 * mebibyte } });
    expect(out).toMatch(/^full\n/);
  });

  test('cannot leave its sandbox through a link in a folder that it may read', async () => {
    if (!isolated()) return;
    const linked = join(fixture.folder, 'linked');
    mkdirSync(linked, { recursive: true });
    chmodSync(linked, 0o755);
    writeFileSync(join(fixture.folder, 'outside.txt'), 'planted', { mode: 0o644 });
    const { out } = await fixture.run(
      `ln -s ../outside.txt "$CONNECTOR_WORKDIR/l"; cat ${linked}/../outside.txt; cat "$CONNECTOR_WORKDIR/l"`,
      { readPaths: [linked] },
    );
    expect(out).toBe('');
  });
});
