import { describe, expect, it } from '@jest/globals';
import { Packer, SlabPool } from '../../../../runtime/ingest/slabs.ts';

const record = (key: string, dataText: string | null) => ({ stream: 's', key, deleted: dataText === null, emittedAt: 'now', dataText });
const text = ({ bytes, start, end }: { bytes: Buffer; start: number; end: number }): string => bytes.toString('utf8', start, end);

describe('Packer', () => {
  it('keeps every body apart and whole, in any script and of any size', () => {
    const packer = new Packer(new SlabPool(0));
    const bodies = ['{}', '{"é":"😀\u2028"}', `{"long":"${'x'.repeat(200_000)}"}`, `{"longer":"${'ü'.repeat(300_000)}"}`, '{"after":1}'];
    const packed = bodies.map((body, at) => packer.pack(record(`k${at}`, body)));
    expect(packed.map(text)).toEqual(bodies);
  });

  it('keeps no body of a delete', () => {
    const packed = new Packer(new SlabPool(0)).pack({ ...record('k', '{"partial":1}'), deleted: true });
    expect(packed).toMatchObject({ stream: 's', key: 'k', deleted: true, emittedAt: 'now' });
    expect(packed.end).toBe(packed.start);
  });
});

describe('SlabPool', () => {
  it('uses slabs again, as many as it keeps', () => {
    const pool = new SlabPool(1);
    const packer = new Packer(pool);
    const slabs = Array.from({ length: 4 }, (_, n) => packer.pack(record(`k${n}`, 'x'.repeat(80_000))).bytes);
    expect(new Set(slabs).size).toBe(4);
    packer.release();
    expect(slabs).toContain(pool.take());
    expect(slabs).not.toContain(pool.take());
  });
});
