/** Ends the command with a message on stderr and an exit code: 1 for «no», 2 for wrong usage or what cannot be reached. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The body of a typed API error. */
export interface ApiErrorBody {
  readonly reason: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Record<string, unknown>;
  readonly request_id?: string;
}

/** An answer of the API that is an error, with its typed reason. */
export class ApiFailure extends CommandFailure {
  readonly status: number;
  readonly body: ApiErrorBody;

  constructor(status: number, body: ApiErrorBody) {
    super(`${body.reason}: ${body.message}${body.hint ? ` (${body.hint})` : ''}${requestOf(status, body)}`);
    this.status = status;
    this.body = body;
  }
}

/** A fault of the server is found in its log by this id. */
function requestOf(status: number, { request_id }: ApiErrorBody): string {
  return status >= 500 && request_id !== undefined ? ` [request ${request_id}]` : '';
}
