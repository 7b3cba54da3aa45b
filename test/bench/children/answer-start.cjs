// The child of the launch bench: tells when it has read START, by the clock that all processes of a machine share, and ends.
let text = '';
process.stdin.on('data', (chunk) => {
  text += chunk;
  if (!text.includes('\n')) return;
  const readNs = String(process.hrtime.bigint());
  const data = { id: 'start', read_ns: readNs };
  const record = { type: 'RECORD', stream: 'items', key: 'start', data, emitted_at: '2026-01-01T00:00:00Z' };
  process.stdout.write(`${JSON.stringify(record)}\n{"type":"DONE","status":"succeeded","records_emitted":1}\n`, () => process.exit(0));
});
