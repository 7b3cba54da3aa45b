const FILLER = 'The quick brown fox jumps over 13 lazy dogs; '.repeat(12);

/** The nth record of the ingest bench: 500 bytes of `data`, all ASCII. */
export function benchRecord(n: number): { key: string; data: string } {
  const key = `item-${String(n).padStart(9, '0')}`;
  const head = `{"id":"${key}","n":${n},"at":"2026-01-01T00:00:00Z","text":"`;
  return { key, data: `${head}${FILLER.slice(0, 498 - head.length)}"}` };
}
