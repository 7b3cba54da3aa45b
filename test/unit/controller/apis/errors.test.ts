import { describe, expect, it } from '@jest/globals';
import { apiError, apiErrorMessage, apiErrors, httpStatusOf } from '../../../../controller/apis/errors.ts';
import { Fault } from '../../../../platform/errors.ts';

describe('errors of the control plane', () => {
  it.each(Object.entries(apiErrors))('%s has a message, a hint and an HTTP status', (_, entry) => {
    expect(entry.message.length).toBeGreaterThan(0);
    expect(entry.hint).toMatch(/\.$/);
    expect(entry.http).toBeGreaterThanOrEqual(400);
  });

  it('fills the template, keeps the values as details and says what the loop must do', () => {
    const fault = apiError('SourceLeaseLost', { source: 'folder' });
    expect(fault).toMatchObject({ reason: 'SourceLeaseLost', disposition: { kind: 'stall' }, details: { source: 'folder' } });
    expect(fault.message).toContain('folder');
    expect(apiError('DatabaseUnavailable').disposition).toEqual({ kind: 'retry' });
    expect(apiErrorMessage('NotFound', { kind: 'source' })).toBe('there is no source {name}');
  });

  it('maps reasons to HTTP, and what is not in the table to 500', () => {
    expect(httpStatusOf(apiError('NotFound'))).toBe(404);
    expect(httpStatusOf(new Fault({ reason: 'Unheard', message: 'm' }))).toBe(500);
  });
});
