import { ConnectorTypeSpec } from '../connector-type.ts';
import { ConnectorSpec } from '../connector.ts';
import { DNS_LABEL_PATTERN, DNS_SUBDOMAIN_PATTERN } from '../fields/formats.ts';
import { PolicyTemplateSpec } from '../policy-template.ts';
import { ConnectorStatus } from '../status.ts';
import type { CrdDefinition } from './to-crd.ts';

const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const connectors: CrdDefinition = {
  kind: 'Connector',
  plural: 'connectors',
  scope: 'Namespaced',
  shortNames: ['conn'],
  description: 'A connector: desired state, authored by a person.',
  spec: ConnectorSpec,
  status: ConnectorStatus,
  name: { pattern: DNS_LABEL_PATTERN, maxLength: 63 },
  rules: [
    { at: ['spec'], rule: 'self.type == oldSelf.type', message: 'type cannot change: delete the connector and create it anew' },
    { at: ['spec'], rule: 'self.owner == oldSelf.owner', message: 'owner cannot change' },
    {
      at: ['spec'],
      rule: 'has(self.projectId) == has(oldSelf.projectId) && (!has(self.projectId) || self.projectId == oldSelf.projectId)',
      message: 'projectId cannot change',
    },
    { at: ['spec', 'schedule'], rule: 'has(self.every) != has(self.cron)', message: 'give exactly one of every and cron' },
    {
      at: ['spec', 'credentials'],
      rule: "(self.mode == 'secretRef') == has(self.secretRef)",
      message: 'secretRef goes with mode secretRef, and only with it',
    },
    {
      at: ['spec', 'credentials'],
      rule: "(self.mode == 'encrypted') == has(self.encrypted)",
      message: 'encrypted goes with mode encrypted, and only with it',
    },
  ],
  columns: [
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', description: 'Whether it can do its job.' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    { name: 'Last run', type: 'string', jsonPath: '.status.lastRun.state' },
    { name: 'Next run', type: 'string', jsonPath: '.status.nextRunTime', priority: 1 },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason', priority: 1 },
    { name: 'Enabled', type: 'boolean', jsonPath: '.spec.enabled', priority: 1 },
    age,
  ],
};

const connectorTypes: CrdDefinition = {
  kind: 'ConnectorType',
  plural: 'connectortypes',
  scope: 'Cluster',
  shortNames: ['conntype'],
  description: 'Manifest of one connector implementation, keyed by connector_key.',
  spec: ConnectorTypeSpec,
  name: { pattern: DNS_SUBDOMAIN_PATTERN, maxLength: 253 },
  // That the content of a version never changes is judged by the catalog: CEL does not see fields of free form.
  rules: [],
  columns: [
    { name: 'Key', type: 'string', jsonPath: '.spec.key', priority: 1 },
    { name: 'Version', type: 'string', jsonPath: '.spec.version' },
    { name: 'Protocol', type: 'string', jsonPath: '.spec.runtime.protocol' },
    { name: 'Display name', type: 'string', jsonPath: '.spec.displayName' },
    age,
  ],
};

const policyTemplates: CrdDefinition = {
  kind: 'PolicyTemplate',
  plural: 'policytemplates',
  scope: 'Cluster',
  shortNames: ['connpolicy'],
  description: 'A named policy binding for Connectors.',
  spec: PolicyTemplateSpec,
  name: { pattern: DNS_SUBDOMAIN_PATTERN, maxLength: 253 },
  rules: [],
  columns: [age],
};

/** Every CustomResourceDefinition of the product. */
export const CRD_DEFINITIONS: readonly CrdDefinition[] = [connectors, connectorTypes, policyTemplates];
