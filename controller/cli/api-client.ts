import { ApiFailure, type ApiErrorBody, CommandFailure } from './failure.ts';

/** Where the API is and who asks. */
export interface ApiAddress {
  readonly server: string;
  readonly token: string;
}

/** One request; `query` values that are undefined are left out. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Bytes to send with their content type, or a value to send as JSON. */
  readonly body?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string } | { readonly json: unknown };
}

/** Speaks HTTP with the API; every failure becomes a typed one. */
export class ApiClient {
  readonly #address: ApiAddress;

  constructor(address: ApiAddress) {
    this.#address = address;
  }

  /** The parsed JSON answer. Throws `CommandFailure` when it is cut off or no JSON. */
  async json<Answer>(request: ApiRequest): Promise<Answer> {
    const response = await this.send(request);
    try {
      return (await response.json()) as Answer;
    } catch {
      throw new CommandFailure(`${this.#address.server} answered something that is no JSON: is it a connector-controller?`, 2);
    }
  }

  /** The pieces of an answer as they come, for text and streams. Throws `ApiFailure` for an error answer, `CommandFailure` when it is cut off. */
  async *pieces(request: ApiRequest): AsyncGenerator<Uint8Array> {
    const response = await this.send(request);
    try {
      yield* response.body ?? [];
    } catch {
      throw new CommandFailure(`${this.#address.server} ended the answer before it was whole`, 2);
    }
  }

  /** The raw answer. Throws `ApiFailure` for an error answer. */
  async send(request: ApiRequest): Promise<Response> {
    const url = this.#url(request);
    const headers: Record<string, string> = { authorization: `Bearer ${this.#address.token}` };
    const init: RequestInit = { method: request.method ?? 'GET', headers };
    if (request.body !== undefined) {
      headers['content-type'] = 'json' in request.body ? 'application/json' : request.body.type;
      init.body = 'json' in request.body ? JSON.stringify(request.body.json) : request.body.bytes;
    }
    const response = await this.#reach(url, init);
    if (!response.ok) throw new ApiFailure(response.status, await errorBody(response));
    return response;
  }

  #url({ path, query = {} }: ApiRequest): URL {
    const { server } = this.#address;
    if (!/^https?:\/\//.test(server) || !URL.canParse(path, server)) throw new CommandFailure(`--server «${server}» is no http(s) URL`, 2);
    const url = new URL(path, server);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }

  async #reach(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (error) {
      const cause = (error as { cause?: { code?: string; message?: string } }).cause;
      throw new CommandFailure(
        `cannot reach ${this.#address.server}: ${cause?.code ?? cause?.message ?? String(error)} (is it started? --server and --data say where it is)`,
        2,
      );
    }
  }
}

async function errorBody(response: Response): Promise<ApiErrorBody> {
  try {
    const parsed = (await response.json()) as { error?: ApiErrorBody };
    if (typeof parsed.error?.reason === 'string') return parsed.error;
  } catch {
    // Not ours: a proxy in between answered; its status is told.
  }
  return { reason: 'UnexpectedAnswer', message: `the server answered ${response.status} without saying why` };
}
