import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { failureOf, recordsOf, runConnector, type ConnectorRun } from '../connector-process.ts';

let folder: string;
const streams = ['files', 'rows'];
const file = (name: string, content: string | Buffer) => writeFileSync(path.join(folder, name), content);
const run = (config: Record<string, unknown> = {}, before?: ConnectorRun, more: object = {}) =>
  runConnector('csv-folder', { config: { folder, ...config }, streams, state: before?.state ?? null, ...more });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'csv-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a folder of CSV files', () => {
  test('each row is a record, quoted line breaks included; a deleted file takes its rows along', async () => {
    file('a.csv', `id,name,price\n${Array.from({ length: 1000 }, (_, n) => `${n},item ${n},${n / 4}\n`).join('')}`);
    file('b.csv', 'id,name\n1,"two\nlines"\n2,"a ""quote"""\n');
    const first = await run();
    expect(first).toMatchObject({ exitCode: 0, done: { status: 'succeeded', records_emitted: 1004 } });
    expect(recordsOf(first, 'rows').get('["b.csv","4"]')).toEqual({
      path: 'b.csv',
      row: '4',
      line: 4,
      values: { id: 2, name: 'a "quote"' },
    });
    expect(recordsOf(first, 'files').get('b.csv')).toMatchObject({ path: 'b.csv', size: 38, rows: 2 });

    rmSync(path.join(folder, 'b.csv'));
    const second = await run({}, first);
    expect([...recordsOf(second, 'rows')]).toEqual([
      ['["b.csv","2"]', null],
      ['["b.csv","4"]', null],
    ]);
    expect([...recordsOf(second, 'files')]).toEqual([['b.csv', null]]);
  });

  test('what did not change sends nothing, even when it was touched; a changed file sends its rows and deletes the rest', async () => {
    file('a.csv', 'id\n1\n2\n3\n');
    file('b.csv', 'id\n1\n');
    const first = await run();
    utimesSync(path.join(folder, 'a.csv'), 1, 1);
    const second = await run({}, first);
    expect(second.messages.map((message) => message.type)).toEqual(['DONE']);
    file('a.csv', 'id\n9\n');
    const third = await run({}, second);
    const rows = recordsOf(third, 'rows');
    expect([...rows.keys()]).toEqual(['["a.csv","2"]', '["a.csv","3"]', '["a.csv","4"]']);
    expect([rows.get('["a.csv","3"]'), rows.get('["a.csv","4"]')]).toEqual([null, null]);
  });

  test('with key columns a row keeps its key when it moves, and vanishes by it', async () => {
    file('a.csv', 'id,n\nx,1\ny,2\nz,3\n');
    const first = await run({ keyColumns: ['id'] });
    file('a.csv', 'id,n\nz,3\nx,1\n');
    const second = await run({ keyColumns: ['id'] }, first);
    expect([...recordsOf(second, 'rows')].map(([key, data]) => [key, data?.['line']])).toEqual([
      ['["a.csv","[\\"z\\"]"]', 2],
      ['["a.csv","[\\"x\\"]"]', 3],
      ['["a.csv","[\\"y\\"]"]', undefined],
    ]);
    // Without key columns the same rows are other records: all the old ones go.
    const third = await run({}, second);
    expect([...recordsOf(third, 'rows').values()].filter((data) => data === null)).toHaveLength(2);
  });

  test('numbers keep every digit', async () => {
    file('a.csv', 'big,long,zip\n9007199254740993,0.1000000000000000055511151231257827,00501\n');
    const { lines } = await run();
    expect(lines[0]).toContain('"values":{"big":9007199254740993,"long":0.1000000000000000055511151231257827,"zip":"00501"}');
  });

  test('delimiter, encoding, byte order mark and subfolders', async () => {
    mkdirSync(path.join(folder, 'sub'));
    file('sub/a.csv', Buffer.from('n;v\n\xe9;1\n', 'latin1'));
    file('skipped.txt', 'x');
    file('.hidden.csv', 'x\n1\n');
    const western = await run({ pattern: '**/*.csv', delimiter: ';', encoding: 'windows-1252' });
    expect([...recordsOf(western, 'rows').values()]).toMatchObject([{ path: 'sub/a.csv', values: { n: 'é', v: 1 } }]);
    file('bom.csv', '\ufeffname\nx\n');
    expect([...recordsOf(await run(), 'rows').values()]).toMatchObject([{ path: 'bom.csv', values: { name: 'x' } }]);
  });

  test('files behind links inside the folder are read, those outside are not', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'csv-outside-'));
    writeFileSync(path.join(outside, 'secret.csv'), 'a\n1\n');
    mkdirSync(path.join(folder, '..data'));
    file('..data/in.csv', 'a\n1\n');
    symlinkSync('..data/in.csv', path.join(folder, 'in.csv'));
    symlinkSync(path.join(outside, 'secret.csv'), path.join(folder, 'out.csv'));
    symlinkSync('nowhere.csv', path.join(folder, 'dangling.csv'));
    expect([...recordsOf(await run(), 'files').keys()]).toEqual(['in.csv']);
    rmSync(outside, { recursive: true });
  });

  test.each([
    { reason: 'an open quote', content: 'a\n"b\n', told: 'line 2' },
    { reason: 'bytes that are not UTF-8', content: Buffer.from([0x61, 0x0a, 0xff, 0x0a]), told: 'utf-8' },
    { reason: 'a NUL', content: 'a\nb\0\n', told: 'NUL' },
    { reason: 'a key that is there twice', content: 'a\n1\n1\n', told: 'there already', config: { keyColumns: ['a'] } },
    { reason: 'a key too long to be stored', content: `a\n${'k'.repeat(1_100)}\n`, told: 'at most 1024', config: { keyColumns: ['a'] } },
  ])('a file with $reason is skipped and told, and what it held stays', async ({ content, told, config }) => {
    file('bad.csv', 'a\n7\n');
    file('good.csv', 'a\n1\n');
    const first = await run(config);
    file('bad.csv', content);
    const second = await run(config, first);
    expect(second.messages).toMatchObject([
      { type: 'SKIP_RESULT', stream: 'rows', reason: 'file_invalid' },
      { type: 'DONE', status: 'succeeded' },
    ]);
    expect(second.messages[0]?.['message']).toContain(told);
    // Mended, it is compared with what it was before it broke.
    file('bad.csv', 'a\n8\n');
    expect(recordsOf(await run(config, second), 'rows').size).toBe(config === undefined ? 1 : 2);
  });

  test('a folder that is not there fails and deletes nothing', async () => {
    file('a.csv', 'a\n1\n');
    const first = await run();
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    const second = await run({}, first);
    expect(failureOf(second, 'folder_unreadable')).toMatchObject({ retryable: false, recovery_hint: 'manual_action_required' });
    expect(second.done?.['records_emitted']).toBe(0);
    renameSync(moved, folder);
    chmodSync(folder, 0o755);
  });

  test('a folder whose bookkeeping exceeds the cursor is told so before a record is sent', async () => {
    // Keys that do not compress: 80,000 different hexadecimal hashes.
    let seed = 1;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647).toString(16).padStart(8, '0');
    file('a.csv', `k\n${Array.from({ length: 80_000 }, () => `${random()}${random()}${random()}${random()}\n`).join('')}`);
    const failed = await run({ keyColumns: ['k'] });
    const error = failureOf(failed, 'bookkeeping_too_large');
    expect(error['message']).toMatch(/too large for one connector.*1048576/);
    expect(failed.messages).toHaveLength(1);
    // By line it fits.
    expect((await run()).done).toMatchObject({ status: 'succeeded', records_emitted: 80_001 });
  });

  test('a full refresh sends everything and still deletes what vanished', async () => {
    file('a.csv', 'a\n1\n');
    file('b.csv', 'a\n1\n');
    const first = await run();
    rmSync(path.join(folder, 'b.csv'));
    const second = await run({}, first, { mode: 'full_refresh' });
    expect([...recordsOf(second, 'rows')].map(([key, data]) => [key, data === null])).toEqual([
      ['["a.csv","2"]', false],
      ['["b.csv","2"]', true],
    ]);
  });

  test('one stream alone', async () => {
    file('a.csv', 'a\n1\n');
    const first = await run({}, undefined, { streams: ['files'] });
    expect(first.messages.map((message) => message['stream'])).toEqual(['files', 'files', undefined]);
    const second = await run({}, first, { streams: ['files'] });
    expect(second.messages.map((message) => message.type)).toEqual(['DONE']);
  });
});
