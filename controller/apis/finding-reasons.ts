/** Meaning, way out and weight of a reason; `error` refuses the document, `warning` does not. */
interface ReasonEntry {
  severity: 'error' | 'warning';
  meaning: string;
  hint: string;
}

const error = (meaning: string, hint: string) => ({ severity: 'error', meaning, hint }) as const satisfies ReasonEntry;
const warning = (meaning: string, hint: string) => ({ severity: 'warning', meaning, hint }) as const satisfies ReasonEntry;

/** Every reason of a finding. The word is the same in findings, conditions, events, API errors and docs/reasons.md. */
export const FINDING_REASONS = {
  // Reading
  SyntaxInvalid: error('The text is neither YAML nor JSON.', 'Correct the text at the given line and column.'),
  DuplicateKey: error('A mapping names one key twice.', 'Keep one of the two.'),
  AliasLimitExceeded: error('Aliases of the text expand to too much.', 'Write the values out instead of repeating anchors.'),
  DocumentTooLarge: error('The file, one document or its nesting is larger than is read.', 'Split it into smaller files or documents.'),
  EncodingInvalid: error(
    'The text is not UTF-8 or holds a character that cannot be stored.',
    'Save the file as UTF-8 without control characters.',
  ),
  ValueUnstorable: error(
    'A value cannot be kept exactly: a number beyond 2^53, an infinite one, NUL, a lone surrogate.',
    'Quote it as text, or remove it.',
  ),
  FileUnreadable: error('The file or folder could not be read.', 'Check that it exists and that its permissions allow reading.'),

  // Schema and metadata
  ApiVersionUnknown: error('apiVersion is not one that is served.', 'Write apiVersion: cynodeai.io/v1alpha1.'),
  KindUnknown: error('kind is not one that is read here.', 'Write kind: Connector (or ConnectorType, PolicyTemplate in a types folder).'),
  SchemaInvalid: error(
    'A field does not have the form that its schema demands.',
    'See the description of the field in the published schema.',
  ),
  UnknownField: error('There is no such field.', 'Check the spelling, or remove it.'),
  FieldMissing: error('A field that is needed is not there.', 'Add it.'),
  NameInvalid: error(
    'A name or namespace breaks the naming rule.',
    'Use lower-case letters, digits and dashes, begin and end with a letter or digit, at most 63.',
  ),
  OwnerInvalid: error(
    'The owner is missing, is neither user nor group, has no UUID, or is said twice with different values.',
    'Write owner: {type: user, id: <UUID>} once.',
  ),
  ServerFieldIgnored: warning('A field that only the server sets was handed in; it is ignored.', 'Remove it.'),

  // Type
  ConnectorKeyRequired: error(
    'A URL stands where the short connector_key is needed.',
    'Write the connector_key, such as gmail; a URL belongs in manifestUri.',
  ),
  TypeUnknown: error('No type with this connector_key is registered.', 'See `connectorctl types` for what there is.'),
  TypeNotAllowed: error('This type may not be used in this namespace.', 'Ask the operator to allow it.'),
  TypeVersionUnquoted: error('YAML reads the version as a fraction, so that 1.10 and 1.1 are the same.', 'Quote it: typeVersion: "1.10".'),
  TypeVersionUnknown: error('No registered version of the type fits.', 'Name one that is registered.'),

  // Config, streams, policy
  ConfigInvalid: error('config does not fit the configSchema of the type.', 'See the type with `connectorctl types`.'),
  StreamUnknown: error('The type has no such stream.', 'Name a stream of the type.'),
  StreamScopeInvalid: error('A stream cannot be narrowed in this way, or is named twice.', 'Leave out what the stream does not offer.'),
  SubscriptionUnknown: error('The type has no such inbound subscription.', 'Name a subscription of the type.'),
  OperationUnknown: error('The type has no such operation.', 'Name an operation of the type.'),
  ActionUnknown: error('There is no such action.', 'Use the actions of the policy model, such as connector.operation.read.'),
  ActionDeprecated: warning('This is a coarse action of older documents; it stands for newer ones.', 'Write the newer actions.'),
  PolicyTemplateUnknown: error('No PolicyTemplate has this name.', 'Name one that exists, or create it.'),
  PolicyCeilingExceeded: error('More is asked for than owner and project may have.', 'Ask for less, or have the ceiling raised.'),

  // Ownership
  NamespaceNotAllowed: error('This door may not write to this namespace.', 'Use a namespace that the door may write.'),
  OwnerNotAllowed: error('This door may not act for this owner or project.', 'Use an owner that the door may act for.'),
  FieldImmutable: error('A field was changed that never changes.', 'Delete the connector and create it anew, or restore the field.'),

  // Credentials
  PlainSecret: error(
    'A secret stands in the document as a plain value.',
    'Put it at a provider and point to it with credentials.secretRef.',
  ),
  CredentialsMissing: error(
    'The type needs credentials that the document does not supply.',
    'Add credentials with mode secretRef and map each required field.',
  ),
  CredentialsInvalid: error(
    'mode and the fields beside it do not go together.',
    'secretRef goes with mode secretRef, encrypted with mode encrypted.',
  ),
  CredentialFieldUnknown: error('The type has no such auth field.', 'Map only fields that the type declares in auth.'),
  CredentialProviderUnknown: error('No provider of this name is configured.', 'Use a configured provider, such as env or file.'),
  CredentialReferenceInvalid: error(
    'The provider does not take such a name or key.',
    'env: keys begin with CONNECTOR_SECRET_. file: plain names, no .. and no absolute path.',
  ),
  CredentialModeUnavailable: error('This way of supplying credentials is not available here.', 'Use secretRef.'),
  EncryptedCredentialsDisabled: error(
    'Inline encrypted credentials are switched off.',
    'Use secretRef, or have the operator enable the feature.',
  ),
  OauthNotSupported: error('The type does not sign in with OAuth.', 'Use the mode that its auth asks for.'),

  // Schedule, egress, execution
  ScheduleInvalid: error(
    'The schedule cannot be read, or names both or neither of every and cron.',
    'Give exactly one of every (15m) and cron ("0 6 * * *").',
  ),
  ScheduleBelowFloor: warning('The schedule is denser than the poll interval of the type, which is the floor.', 'Lengthen every.'),
  EgressInvalid: error('An egress rule is not host:port once config is filled in.', 'Correct the config field that the rule refers to.'),
  RolloutUnavailable: error(
    'rollout.strategy: Staged waits for an approval, which nobody can give here.',
    'Use strategy: Immediate, or leave rollout out.',
  ),
  RunnerUnavailable: error('runner: pod needs a cluster, and none is configured.', 'Use runner: subprocess.'),

  // Catalog
  ConfigSchemaInvalid: error('A JSON Schema of the type does not compile.', 'Write JSON Schema 2020-12 with local references only.'),
  StreamInvalid: error(
    'A stream is named twice, badly named, or refers to a property that its schema does not have.',
    'Name properties of the schema.',
  ),
  ManifestInvalid: error('The manifest breaks a rule of the collection protocol.', 'See the message for the rule.'),
  OperationInvalid: error('An operation is named twice or contradicts itself.', 'See the message.'),
  AuthInvalid: error('auth contradicts itself or claims a reserved environment variable.', 'See the message.'),
  TemplateInvalid: error('A ${...} refers to something other than a property of the config schema.', 'Write ${config.<property>}.'),
  RuntimeInvalid: error('The type says nothing that could be started.', 'Give runtime.command or runtime.image.'),
  TypeVersionConflict: error('This key and version are registered with other content.', 'Give the changed type a new version.'),
  TypeIncompatible: error(
    'A minor or patch version removes or narrows something.',
    'Only add in a minor version, or raise the major version.',
  ),
  PolicyTemplateConflict: error('Two PolicyTemplates have one name.', 'Rename one.'),
} as const satisfies Record<string, ReasonEntry>;

/** Why a finding was made. */
export type FindingReason = keyof typeof FINDING_REASONS;
