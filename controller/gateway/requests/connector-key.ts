import { apiError } from '../../apis/errors.ts';

/** A connector_key as a request gives it. Throws `ConnectorKeyRequired` for a URL: a type is never looked up by its `manifest_uri`. */
export function connectorKeyOf(text: string): string {
  if (/[:/]/.test(text)) throw apiError('ConnectorKeyRequired', { given: text });
  return text;
}
