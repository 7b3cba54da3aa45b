import { copyFile, stat, truncate } from 'node:fs/promises';

/** Above this the log is moved to one `.1` beside it, so that both together stay below about twice this plus a minute of output. */
const LOG_MAX_BYTES = 1 << 20;
const CHECK_EVERY_MS = 60_000;

/** Keeps the log bounded while this process lives. The server appends, so emptying the file under it loses nothing but what is copied. */
export function boundLog(path: string): { stop(): void } {
  const timer = setInterval(() => void rotateLog(path), CHECK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Moves the content to `<path>.1` when the log has grown above its bound. A full disk leaves it for the next time. */
export async function rotateLog(path: string, maxBytes = LOG_MAX_BYTES): Promise<void> {
  try {
    if ((await stat(path)).size <= maxBytes) return;
    await copyFile(path, `${path}.1`);
    await truncate(path);
  } catch {
    return; // absent before the first start; anything else concerns a log, which must not stop the database
  }
}
