import { once } from 'node:events';
import { benchRecord } from './bench-record.ts';

// The child of the ingest bench: writes RECORD lines as fast as its pipe takes them, then DONE. argv: count, first.
const [count, first] = process.argv.slice(2).map(Number) as [number, number];
const CHUNK_RECORDS = 200;

for (let from = 0; from < count; from += CHUNK_RECORDS) {
  let chunk = '';
  for (let at = from; at < Math.min(count, from + CHUNK_RECORDS); at++) {
    const { key, data } = benchRecord(first + at);
    chunk += `{"type":"RECORD","stream":"items","key":"${key}","data":${data},"emitted_at":"2026-01-01T00:00:00Z"}\n`;
  }
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}
process.stdout.write(`{"type":"DONE","status":"succeeded","records_emitted":${count}}\n`);
