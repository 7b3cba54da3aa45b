import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { FileRead, FilesToRead, ReadSlice } from './read-files.ts';
import { errnoOf } from './walk-folder.ts';

/** Few messages, and none so large that taking it in is felt. */
const SLICE = 250;

const { folder, paths } = workerData as FilesToRead;
for (let at = 0; at < paths.length; at += SLICE) {
  const slice = paths.slice(at, at + SLICE).map((path) => readNow(join(folder, path)));
  parentPort?.postMessage(slice satisfies ReadSlice);
}

function readNow(file: string): FileRead {
  try {
    const bytes = readFileSync(file);
    return { bytes, digest: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    return { code: errnoOf(error) };
  }
}
