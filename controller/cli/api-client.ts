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
  /** Text to send with its content type, or a value to send as JSON. */
  readonly body?: { readonly text: string; readonly type: string } | { readonly json: unknown };
}

/** Speaks HTTP with the API; every failure becomes a typed one. */
export class ApiClient {
  readonly #address: ApiAddress;

  constructor(address: ApiAddress) {
    this.#address = address;
  }

  /** The parsed JSON answer. */
  async json<Answer>(request: ApiRequest): Promise<Answer> {
    const response = await this.send(request);
    return (await response.json()) as Answer;
  }

  /** The raw answer, for text and streams. Throws `ApiFailure` for an error answer. */
  async send(request: ApiRequest): Promise<Response> {
    const url = new URL(request.path, this.#address.server);
    for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
    const headers: Record<string, string> = { authorization: `Bearer ${this.#address.token}` };
    const init: RequestInit = { method: request.method ?? 'GET', headers };
    if (request.body !== undefined) {
      headers['content-type'] = 'json' in request.body ? 'application/json' : request.body.type;
      init.body = 'json' in request.body ? JSON.stringify(request.body.json) : request.body.text;
    }
    const response = await this.#reach(url, init);
    if (!response.ok) throw new ApiFailure(response.status, await errorBody(response));
    return response;
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
  const text = await response.text();
  try {
    const parsed = JSON.parse(text) as { error?: ApiErrorBody };
    if (parsed.error !== undefined) return parsed.error;
  } catch {
    // Not ours: a proxy in between answered; its status is told.
  }
  return { reason: 'UnexpectedAnswer', message: `the server answered ${response.status} without saying why` };
}
