import type { FastifyError } from 'fastify';
import { Fault } from '../../platform/errors.ts';
import { apiError, httpStatusOf } from '../apis/errors.ts';

/** Body of every error answer. */
export interface ErrorAnswer {
  readonly error: { reason: string; message: string; hint?: string; details: Record<string, unknown>; request_id: string };
}

/** Turns whatever a handler threw into a typed answer. What is not ours is told as `InternalError` without its text: it may hold anything. */
export function errorAnswer(error: unknown, requestId: string): { status: number; body: ErrorAnswer; unexpected: boolean } {
  const known = knownFault(error);
  const fault = known ?? internalError();
  return {
    status: known === undefined ? 500 : httpStatusOf(fault),
    body: {
      error: {
        reason: fault.reason,
        message: fault.message,
        ...(fault.hint === undefined ? {} : { hint: fault.hint }),
        details: fault.details,
        request_id: requestId,
      },
    },
    unexpected: known === undefined,
  };
}

function knownFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  const { statusCode, validation, message } = error as Partial<FastifyError>;
  // What the framework refuses by itself: schema, size, media type. Its texts name fields, never values.
  if (validation !== undefined) return apiError('RequestInvalid', { problem: message ?? 'the request does not fit its schema' });
  if (statusCode === 413) return apiError('RequestTooLarge', {});
  if (statusCode === 415)
    return apiError('RequestInvalid', { problem: 'the content type is not taken; send application/yaml or application/json' });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return apiError('RequestInvalid', { problem: message ?? 'the request cannot be read' });
  return undefined;
}

function internalError(): Fault {
  return new Fault({
    reason: 'InternalError',
    message: 'the controller met a fault of its own; its log has it under the request id',
    hint: 'Try again; if it stays, report it with the request id.',
  });
}
