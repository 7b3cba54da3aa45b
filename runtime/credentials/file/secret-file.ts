import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { credentialUnavailable } from '../credential-unavailable.ts';

/** Largest secret file, in bytes: keys and certificates are far smaller. */
export const maxSecretBytes = 1024 * 1024;

/** Names one value of one secret, for messages too. */
export interface SecretLocation {
  provider: string;
  name: string;
  key: string;
}

type Refuse = (problem: string, hint: string, cause?: unknown) => Error;

/**
 * Reads `<folder>/<name>/<key>`; undefined when there is no such file. Links are followed inside the folder (mounted secrets are
 * links) and refused out of it. Throws `CredentialUnavailable` for paths that leave the folder and files that anyone else may read or change.
 */
export async function readSecretFile(folder: string, location: SecretLocation): Promise<Buffer | undefined> {
  const refuse: Refuse = (problem, hint, cause) => credentialUnavailable({ ...location, problem, hint, cause });
  const path = relativePath(location, refuse);
  try {
    const root = await realpath(folder);
    const real = await realpath(join(root, path));
    if (!real.startsWith(root + sep)) throw refuse('leads out of the secrets folder', 'put the file itself below the secrets folder');
    return await readPrivateFile(real, refuse);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !code.startsWith('E')) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refuse(`cannot be read (${code})`, 'check that the runtime may read the secrets folder', error);
  }
}

function relativePath({ name, key }: SecretLocation, refuse: Refuse): string {
  const path = join(name, key);
  const parts = [...name.split('/'), key];
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0') && !part.includes('\\'));
  if (!plain || key.includes('/') || isAbsolute(path)) {
    throw refuse('is no plain name', 'name is a folder below the secrets folder, key a file in it; neither may contain ".."');
  }
  return path;
}

/** Opened without following a link, then checked through the open file: what is checked is what is read. */
async function readPrivateFile(path: string, refuse: Refuse): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { mode, size } = await file.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw refuse('is no regular file', 'a key is a file in the folder of the secret');
    if ((mode & 0o077) !== 0) throw refuse('may be read by others', 'let only its owner read it: chmod 600');
    if (size > maxSecretBytes) throw refuse('is too large', `a secret may have at most ${maxSecretBytes} bytes`);
    return withoutLastNewline(await file.readFile());
  } finally {
    await file.close();
  }
}

function withoutLastNewline(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}
