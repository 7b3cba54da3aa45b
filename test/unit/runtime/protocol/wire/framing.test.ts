import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { split } from '../../../../gen/protocol.ts';
import { LineSplitter } from '../../../../../runtime/protocol/wire/framing.ts';

const texts = (output: Buffer, chunkBytes?: number) =>
  split(output, 1_000, chunkBytes).map((line) => (line.kind === 'text' ? line.text : line.kind));

describe('LineSplitter', () => {
  test.each([
    ['plain lines', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['U+2028, U+2029 and U+0085 are content', '"a\u2028b\u2029c\u0085d"\n', ['"a\u2028b\u2029c\u0085d"']],
    ['CRLF', '{"a":1}\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ['only one carriage return is dropped', '{}\r\r\n', ['{}\r']],
    ['a carriage return within a line stays', '{"a":\r1}\n', ['{"a":\r1}']],
    ['blank lines', '\n  \n\t\r\n{}\n\n', ['{}']],
    ['no final newline', '{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ['other white space is content', '\u00a0\n', ['\u00a0']],
    ['a byte order mark is content', '\ufeff{}\n', ['\ufeff{}']],
  ])('[PROTO-8] %s', (_name, output, expected) => {
    expect(texts(Buffer.from(output))).toEqual(expected);
  });

  test('[PROTO-8] any chunking gives the same lines', () => {
    const piece = fc.constantFrom('\n', '\r\n', '\r', '{}', 'ä', '\u2028', '😀', ' ', 'x'.repeat(600));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (pieces, chunkBytes) => {
        const output = Buffer.from(pieces.join(''));
        expect(split(output, 1_000, chunkBytes).map(withoutBytesSeen)).toEqual(split(output, 1_000).map(withoutBytesSeen));
      }),
    );
  });

  test('[PROTO-8] bytes that are no UTF-8 are told, and the next line is read', () => {
    expect(texts(Buffer.concat([Buffer.from([0x22, 0xc3, 0x28, 0x22, 0x0a]), Buffer.from('{}\n')]))).toEqual(['invalid_utf8', '{}']);
    expect(texts(Buffer.from([0xed, 0xa0, 0x80, 0x0a]))).toEqual(['invalid_utf8']);
  });

  test('[PROTO-8, PROTO-12] a line over the limit is told once and its rest is not held', () => {
    const splitter = new LineSplitter(10);
    expect([...splitter.push(Buffer.from('x'.repeat(8)))]).toEqual([]);
    expect([...splitter.push(Buffer.from('x'.repeat(8)))]).toEqual([{ kind: 'too_long', bytes: 16, ended: true }]);
    expect([...splitter.push(Buffer.alloc(1_000_000, 'x'))]).toEqual([]);
    expect(splitter.heldBytes).toBe(0);
    expect([...splitter.push(Buffer.from('x\n{}\n'))]).toEqual([{ kind: 'text', text: '{}', bytes: 2, ended: true }]);
  });

  test.each([
    [10, '\n', ['text']],
    [10, '\r\n', ['text']],
    [11, '\n', ['too_long']],
    [11, '\r\n', ['too_long']],
  ])('[PROTO-8] the limit counts %d bytes without the end %j', (length, end, kinds) => {
    const output = Buffer.from('x'.repeat(length) + end);
    for (const chunkBytes of [1, 3, 100]) expect(split(output, 10, chunkBytes).map((line) => line.kind)).toEqual(kinds);
  });

  test('[PROTO-8] only a last line without newline is not ended', () => {
    expect(split(Buffer.from('{}\n{}')).map((line) => line.ended)).toEqual([true, false]);
  });

  test('[PROTO-8] what is held does not change when the chunk that it came in is used again', () => {
    const splitter = new LineSplitter(100);
    const chunk = Buffer.from('{"a":');
    expect([...splitter.push(chunk)]).toEqual([]);
    chunk.fill('!');
    expect([...splitter.push(Buffer.from('1}\n'))]).toEqual([{ kind: 'text', text: '{"a":1}', bytes: 7, ended: true }]);
  });
});

/** How much of a too long line had been seen depends on the chunks. */
function withoutBytesSeen(line: { kind: string; bytes: number }): object {
  return line.kind === 'too_long' ? { kind: line.kind } : line;
}
