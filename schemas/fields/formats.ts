import { Type } from 'typebox';

/** The API group and version of every document kind. */
export const API_VERSION = 'cynodeai.io/v1alpha1';

/** DNS-1123 label: names of Connectors and namespaces, as Kubernetes has it. */
export const DNS_LABEL_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

/** DNS-1123 subdomain: names of cluster-wide kinds. */
export const DNS_SUBDOMAIN_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

/** A connector_key: short, lower case, never a URL. */
export const CONNECTOR_KEY_PATTERN = '^[a-z0-9]([-_.a-z0-9]*[a-z0-9])?$';

/** A UUID in lower or upper case, any version. */
export const UUID_PATTERN = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';

/** One or more amounts with a unit, such as `15m`, `1h30m`, `500ms`; read by `durationMs`. */
export const DURATION_PATTERN = '^([0-9]+(ms|s|m|h|d))+$';

/** Semantic version without pre-release or build: `1.2.0`. */
export const VERSION_PATTERN = '^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$';

/** What `typeVersion` may say as text: major, major.minor or exact. */
export const VERSION_SELECTOR_PATTERN = '^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){0,2}$';

/** Name of an environment variable. */
export const ENV_NAME_PATTERN = '^[A-Za-z_][A-Za-z0-9_]*$';

/** Kubernetes quantity for cpu (`500m`, `1`, `0.5`) and memory (`512Mi`, `1G`). */
export const QUANTITY_PATTERN = '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$';

/** A string out of a closed list. `type` is spelled out because a structural CRD schema demands it. */
export function oneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Enum(values as unknown as string[], { type: 'string', description }) as unknown as ReturnType<
    typeof Type.Unsafe<Values[number]>
  >;
}

/** A map from any text to text. Written with `additionalProperties`, since `patternProperties` is illegal in a CRD. */
export function textMap(description: string, valueOptions: object = {}) {
  return Type.Unsafe<Record<string, string>>({
    type: 'object',
    description,
    additionalProperties: { type: 'string', ...valueOptions },
  });
}

/** An object whose inside is somebody else's business: config, JSON Schemas. */
export function freeForm(description: string) {
  return Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    description,
    'x-kubernetes-preserve-unknown-fields': true,
  });
}

/** A duration as text. */
export function duration(description: string) {
  return Type.String({ description, pattern: DURATION_PATTERN, maxLength: 32 });
}
