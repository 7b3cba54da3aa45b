import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { EventStream } from '../../../../controller/gateway/answers/event-stream.ts';

/** A response whose reader takes `room` writes before it lags behind. */
class Reader extends EventEmitter {
  destroyed = false;
  readonly written: string[] = [];
  room: number;
  constructor(room: number) {
    super();
    this.room = room;
  }
  write(text: string): boolean {
    this.written.push(text);
    this.room -= 1;
    return this.room > 0;
  }
}
const streamTo = (reader: Reader, signal = new AbortController().signal) => new EventStream(reader as unknown as ServerResponse, signal);
const listenersOf = (reader: Reader): number => reader.listenerCount('drain') + reader.listenerCount('close');

describe('a stream of events', () => {
  it('waits for a slow reader, once an event, and leaves no listener behind', async () => {
    const reader = new Reader(0);
    const events = streamTo(reader);
    for (let at = 0; at < 20; at += 1) {
      let sent = false;
      const sending = events.send('ADDED', { at }).then(() => (sent = true));
      await Promise.resolve();
      expect(sent).toBe(false);
      reader.emit('drain');
      await sending;
    }
    expect(reader.written).toHaveLength(20);
    expect(reader.written[0]).toBe('data: {"type":"ADDED","object":{"at":0}}\n\n');
    expect(listenersOf(reader)).toBe(0);
  });

  it('does not wait for a reader that went away, before or after', async () => {
    const reader = new Reader(0);
    const events = streamTo(reader);
    const sending = events.send('ADDED', {});
    reader.destroyed = true;
    reader.emit('close');
    await sending;
    await events.send('ADDED', {});
    expect([events.isOver, reader.written.length, listenersOf(reader)]).toEqual([true, 1, 0]);
  });

  it('ends with the server', async () => {
    const reader = new Reader(0);
    const ending = new AbortController();
    const events = streamTo(reader, ending.signal);
    const sending = events.send('ADDED', {});
    ending.abort();
    await sending;
    expect([events.isOver, listenersOf(reader)]).toEqual([true, 0]);
  });
});
