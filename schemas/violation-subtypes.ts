/** Subtypes of `connector_protocol_violation`, each with what the connector did. Written by the runtime only, never taken from the connector. */
export const violationSubtypes = {
  // framing
  invalid_utf8: 'A line is not valid UTF-8.',
  invalid_json_line: 'A line is not one JSON value.',
  not_an_object: 'A line is JSON, but no object.',
  unknown_message_type: 'The type of a message is not one of the protocol.',
  line_too_long: 'A line is longer than the limit.',
  json_too_deep: 'A message is nested deeper than the limit.',
  // phase
  output_before_start: 'A line arrived before START was written.',
  output_while_waiting: 'A line arrived while an interaction awaited its response.',
  message_after_done: 'A line arrived after DONE.',
  // RECORD
  record_for_undeclared_stream: 'A RECORD names a stream outside START.scope.',
  record_key_invalid: "A RECORD's key has not the shape that the stream's primary key asks for.",
  record_data_invalid: "A RECORD's data is missing or no object.",
  record_emitted_at_invalid: "A RECORD's emitted_at is no RFC 3339 date-time.",
  record_op_invalid: "A RECORD's op is neither upsert nor delete.",
  record_key_mismatch: "A RECORD's key differs from the primary-key fields of its data.",
  record_outside_resources: 'A RECORD lies outside the resources of the scope.',
  record_outside_fields: 'A RECORD has a field outside the fields of the scope.',
  record_outside_time_range: 'A RECORD lies outside the time range of the scope.',
  record_unstorable: 'A RECORD holds what PostgreSQL cannot: NUL, a lone surrogate, a number out of range, a key over the limit.',
  // STATE
  state_for_undeclared_stream: 'A STATE names a stream outside START.scope.',
  state_cursor_invalid: "A STATE's cursor is missing, neither object nor null, or cannot be stored.",
  cursor_too_large: "A STATE's cursor is longer than the limit.",
  secret_in_state: "A STATE's cursor contains a credential of this run.",
  // PROGRESS, SKIP_RESULT
  progress_invalid: 'A PROGRESS breaks its shape.',
  progress_for_undeclared_stream: 'A PROGRESS names a stream outside START.scope.',
  skip_result_invalid: 'A SKIP_RESULT breaks its shape.',
  skip_result_for_undeclared_stream: 'A SKIP_RESULT names a stream outside START.scope.',
  recovery_hint_invalid: 'A recovery hint is not one of the closed vocabulary.',
  // what START did not offer
  interaction_not_available: 'An INTERACTION was sent although START.bindings had no interactive.',
  detail_not_available: 'A DETAIL_COVERAGE or DETAIL_GAP was sent, which this runtime does not take yet.',
  // DONE and the end
  done_invalid: 'A DONE breaks its shape.',
  records_emitted_mismatch: 'DONE.records_emitted differs from the RECORD messages accepted.',
  exit_code_mismatch: 'The exit code contradicts the status of DONE.',
} as const;
export type ViolationSubtype = keyof typeof violationSubtypes;
