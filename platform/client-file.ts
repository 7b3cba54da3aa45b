import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What `connectorctl` needs to reach this server. */
export interface ClientFile {
  /** Base URL of the API. */
  readonly server: string;
  /** Bearer token of an operator. */
  readonly token: string;
}

const fileOf = (dataFolder: string): string => join(dataFolder, 'client.json');

/** The client file of an earlier start, or undefined when there is none that can be used. */
export async function readClientFile(dataFolder: string): Promise<ClientFile | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(fileOf(dataFolder), 'utf8'));
    const { server, token } = content as Partial<ClientFile>;
    return typeof server === 'string' && typeof token === 'string' ? { server, token } : undefined;
  } catch {
    // Absent, or torn by a full disk: a new token is made.
    return undefined;
  }
}

/** Writes the client file so that only its owner can read it, at no moment otherwise, and never half. */
export async function writeClientFile(dataFolder: string, content: ClientFile): Promise<string> {
  const path = fileOf(dataFolder);
  const fresh = `${path}.new`;
  await writeFile(fresh, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  // The mode of an existing file is not changed by writing it.
  await chmod(fresh, 0o600);
  await rename(fresh, path);
  return path;
}
