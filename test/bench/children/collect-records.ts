import { once } from 'node:events';
import { benchRecord } from '../bench-record.ts';

// The connector of the memory bench: waits for START, writes RECORD lines as fast as its pipe takes them, then DONE, and ends when its
// input does. argv: count.
const count = Number(process.argv[2]);
const CHUNK_RECORDS = 200;

await once(process.stdin, 'data');
for (let from = 0; from < count; from += CHUNK_RECORDS) {
  let chunk = '';
  for (let at = from; at < Math.min(count, from + CHUNK_RECORDS); at++) {
    const { key, data } = benchRecord(at);
    chunk += `{"type":"RECORD","stream":"items","key":"${key}","data":${data},"emitted_at":"2026-01-01T00:00:00Z"}\n`;
  }
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}
process.stdout.write(`{"type":"DONE","status":"succeeded","records_emitted":${count}}\n`);
process.stdin.resume();
