import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const sdk = fileURLToPath(new URL('../../../../../runtime/connectors/sdk/', import.meta.url));
const start = (more: object = {}) =>
  `${JSON.stringify({ type: 'START', run_id: 'r', collection_mode: 'incremental', bindings: { network: {} }, state: null, scope: { streams: [{ name: 's' }] }, ...more })}\n`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sdk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A connector as an outside author writes it: one file that imports the SDK. `${body}` is the inside of collect. */
function launch(body: string, env: Record<string, string> = {}) {
  const program = path.join(folder, 'main.mjs');
  const imports = `import { runConnector } from '${sdk}connector.ts'; import { ConnectorFailure } from '${sdk}failure.ts';`;
  writeFileSync(program, `${imports}\nawait runConnector(async (session) => { ${body} }, { requires: ['network'] });\n`);
  const child = spawn(process.execPath, [program], { env: { PATH: process.env['PATH'], CONNECTOR_CONFIG: '{"a":1}', ...env } });
  child.stdout.setEncoding('utf8');
  return child;
}

/** Feeds `input` and, once DONE was read, the end of stdin. */
async function converse(body: string, input = start(), env: Record<string, string> = {}) {
  const child = launch(body, env);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: string) => {
    stdout += chunk;
    if (stdout.includes('"DONE"')) child.stdin.end();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.write(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return {
    messages: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
    stdout,
    stderr,
    code,
  };
}

describe('the connector SDK', () => {
  test('success: messages in order, the right count, exit 0 after the end of stdin', async () => {
    const body = `await session.record('s', '1', { id: '1' }); await session.remove('s', ['a', 'b']); await session.progress('half', { stream: 's', count: 1, total: 2 });
      await session.skip('s', 'why', 'because', 'unknown'); await session.checkpoint('s', { at: session.environment.config.a });`;
    const { messages, code } = await converse(body);
    expect(code).toBe(0);
    expect(messages).toEqual([
      { type: 'RECORD', stream: 's', key: '1', data: { id: '1' }, emitted_at: expect.stringMatching(/^\d{4}-.*Z$/) },
      { type: 'RECORD', stream: 's', key: ['a', 'b'], op: 'delete', emitted_at: expect.any(String) },
      { type: 'PROGRESS', message: 'half', stream: 's', count: 1, total: 2 },
      { type: 'SKIP_RESULT', stream: 's', reason: 'why', message: 'because', recovery_hint: 'unknown' },
      { type: 'STATE', stream: 's', cursor: { at: 1 } },
      { type: 'DONE', status: 'succeeded', records_emitted: 2 },
    ]);
  });

  test('a known failure ends in DONE failed with all that was said, and exit 1', async () => {
    const thrown = `throw new ConnectorFailure({ code: 'login_expired', message: 'Sign in again', recoveryHint: 'refresh_credentials' });`;
    const { messages, code } = await converse(`await session.record('s', '1', {}); ${thrown}`);
    expect(code).toBe(1);
    expect(messages.at(-1)).toEqual({
      type: 'DONE',
      status: 'failed',
      records_emitted: 1,
      error: { message: 'Sign in again', code: 'login_expired', retryable: false, recovery_hint: 'refresh_credentials' },
    });
  });

  test('a fault of the connector itself tells its kind only; the stack goes to stderr', async () => {
    const { messages, stderr, stdout } = await converse(`throw new TypeError('has canary-value inside');`);
    expect(messages.at(-1)).toMatchObject({ status: 'failed', error: { code: 'connector_fault', retryable: false } });
    expect(stdout).not.toContain('canary-value');
    expect(stderr).toContain('canary-value');
  });

  test.each([
    { reason: 'no JSON', input: 'hello\n', code: 'start_invalid' },
    { reason: 'no START', input: '{"type":"STOP"}\n', code: 'start_invalid' },
    { reason: 'a START without streams', input: start({ scope: { streams: [] } }), code: 'start_invalid' },
    { reason: 'a START without a needed binding', input: start({ bindings: {} }), code: 'binding_missing' },
  ])('$reason is refused', async ({ input, code }) => {
    const run = await converse('', input);
    expect(run.messages).toMatchObject([{ type: 'DONE', status: 'failed', records_emitted: 0, error: { code } }]);
    expect(run.code).toBe(1);
  });

  test('a broken CONNECTOR_CONFIG is refused', async () => {
    const run = await converse('', start(), { CONNECTOR_CONFIG: '[]' });
    expect(run.messages).toMatchObject([{ error: { code: 'config_missing' } }]);
  });

  test('a second line on stdin ends the connector with a code of its own and no DONE', async () => {
    const { code, messages } = await converse('await new Promise(() => setInterval(() => 0, 1000));', start() + start());
    expect(code).toBe(2);
    expect(messages).toEqual([]);
  });

  test('cursors keep their digits from START to STATE', async () => {
    const line = start().replace('"state":null', '"state":{"s":{"n":9007199254740993,"d":0.1000000000000000055511151231257827}}');
    const { stdout } = await converse(`await session.checkpoint('s', session.cursor('s'));`, line);
    expect(stdout).toContain('"cursor":{"n":9007199254740993,"d":0.1000000000000000055511151231257827}');
  });

  test('a full refresh has no cursor, but the stored one can be asked for', async () => {
    const input = start({ collection_mode: 'full_refresh', state: { s: { a: 1 } } });
    const { messages } = await converse(
      `await session.checkpoint('s', { c: session.cursor('s'), stored: session.storedCursor('s') });`,
      input,
    );
    expect(messages[0]).toMatchObject({ cursor: { c: null, stored: { a: 1 } } });
  });

  test('what the runtime would refuse is refused here: a foreign stream, a cursor and a record too large', async () => {
    expect((await converse(`await session.record('other', '1', {});`)).stderr).toContain('stream other is not in the scope');
    const cursor = await converse(`await session.checkpoint('s', { a: 'x'.repeat(1024 * 1024) });`);
    expect(cursor.messages).toMatchObject([{ error: { code: 'cursor_too_large' } }]);
    const record = await converse(`await session.record('s', '1', { a: 'é'.repeat(8 * 1024 * 1024) });`);
    expect(record.messages).toMatchObject([{ records_emitted: 0, error: { code: 'record_too_large' } }]);
  });

  test('a runtime that reads slowly holds the connector back, and nothing is lost', async () => {
    const body = `for (let n = 0; n < 20_000; n += 1) { await session.record('s', String(n), { text: 'x'.repeat(500) }); if (n % 1000 === 0) console.error(n); }`;
    const child = launch(body);
    let reached = '';
    child.stderr.on('data', (chunk: Buffer) => {
      reached += chunk.toString();
    });
    child.stdin.write(start());
    // Nobody reads stdout: once the pipe is full the connector stands still well before its end.
    await once(child.stderr, 'data');
    for (let seen = ''; seen !== reached; await new Promise((resolve) => setTimeout(resolve, 200))) seen = reached;
    expect(reached).not.toContain('3000');
    let lines = 0;
    child.stdout.on('data', (chunk: string) => {
      lines += chunk.split('\n').length - 1;
      if (chunk.includes('"DONE"')) child.stdin.end();
    });
    await once(child, 'close');
    expect(lines).toBe(20_001);
  });

  test('SIGTERM ends it at once by that signal, even while nobody reads, and aborts what runs', async () => {
    const child = launch(`session.signal.addEventListener('abort', () => console.error('aborted'));
      for (;;) await session.record('s', '1', { text: 'x'.repeat(5000) });`);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdin.write(start());
    await once(child.stdout, 'readable');
    child.kill('SIGTERM');
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect([code, signal]).toEqual([null, 'SIGTERM']);
    expect(stderr).toContain('aborted');
    child.stdout.destroy();
  });

  test('a runtime that goes away ends it', async () => {
    const child = launch(`for (;;) await session.record('s', '1', {});`);
    child.stdin.write(start());
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(2);
  });
});
