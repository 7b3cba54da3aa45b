import type { FastifyError } from 'fastify';
import { Fault } from '../../../platform/errors.ts';
import { apiError, httpStatusOf } from '../../apis/errors.ts';

/** Body of every error answer. */
export interface ErrorBody {
  readonly error: { reason: string; message: string; hint?: string; details: Record<string, unknown>; request_id: string };
}

/** An error as it is answered. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorBody;
  /** Ours to repair: it belongs in the log. */
  readonly unexpected: boolean;
}

/** Turns whatever a handler threw into a typed answer. What is not ours is told as `InternalError` without its text: it may hold anything. */
export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  const fault = knownFault(error) ?? internalError();
  const status = httpStatusOf(fault);
  const { reason, message, hint, details } = fault;
  return {
    status,
    body: { error: { reason, message, ...(hint === undefined ? {} : { hint }), details, request_id: requestId } },
    unexpected: status === 500,
  };
}

type FrameworkError = Partial<Pick<FastifyError, 'statusCode' | 'validation' | 'message' | 'validationContext'>>;

function knownFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  const framework = (error ?? {}) as FrameworkError;
  const { statusCode } = framework;
  // What the framework refuses by itself: schema, size, media type. Its texts name fields, never values.
  if (framework.validation !== undefined) return apiError('RequestInvalid', { problem: validationProblem(framework) });
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
  if (statusCode === 413) return apiError('RequestTooLarge');
  return apiError('RequestInvalid', { problem: statusCode === 415 ? badMediaType : 'the request cannot be read' });
}

const badMediaType = 'the content type is not taken; send application/yaml or application/json';

function validationProblem({ validation, validationContext, message }: FrameworkError): string {
  const [first] = validation ?? [];
  const unknown = first?.params['additionalProperty'];
  if (typeof unknown === 'string') return `${validationContext ?? 'request'}: «${unknown}» is not known here`;
  return message ?? 'the request does not fit its schema';
}

function internalError(): Fault {
  return new Fault({
    reason: 'InternalError',
    message: 'the controller met a fault of its own; its log has it under the request id',
    hint: 'Try again; if it stays, report it with the request id.',
  });
}
