import { type Static, Type } from 'typebox';
import { freeForm, oneOf } from './formats.ts';

const strict = { additionalProperties: false } as const;
const fieldName = (description: string) => Type.String({ description, minLength: 1, maxLength: 255 });

/** One stream of a type: what its records look like and how it resumes. */
export const StreamDeclaration = Type.Object(
  {
    name: fieldName('Name of the stream, unique in the type.'),
    displayName: Type.Optional(Type.String({ description: 'Name shown to people.', maxLength: 255 })),
    description: Type.Optional(Type.String({ description: 'What its records are.', maxLength: 4_096 })),
    semantics: oneOf(['append_only', 'mutable_state'], 'Records are only added, or may change and be deleted.'),
    incremental: Type.Optional(Type.Boolean({ description: 'Whether it can go on from a cursor; false if left out.' })),
    primaryKey: Type.Array(fieldName('A property of the schema.'), {
      description: 'Properties that identify a record.',
      minItems: 1,
      maxItems: 32,
    }),
    cursorField: Type.Optional(fieldName('Property that the cursor follows.')),
    consentTimeField: Type.Optional(fieldName('Property that a time range is applied to.')),
    requiredFields: Type.Optional(
      Type.Array(fieldName('A property of the schema.'), {
        description: 'Properties that are collected even when a scope leaves them out.',
        maxItems: 1_000,
      }),
    ),
    selection: Type.Optional(
      Type.Object(
        {
          fields: Type.Optional(Type.Boolean({ description: 'Whether a scope may name fields.' })),
          resources: Type.Optional(Type.Boolean({ description: 'Whether a scope may name records by key.' })),
          resourceField: Type.Optional(fieldName('Property that resources are matched with instead of the key.')),
        },
        { ...strict, description: 'What a scope may narrow.' },
      ),
    ),
    views: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: fieldName('Id of the view.'),
            label: Type.Optional(Type.String({ description: 'Name shown to people.', maxLength: 255 })),
            fields: Type.Array(fieldName('A property of the schema.'), {
              description: 'Fields of the view.',
              minItems: 1,
              maxItems: 1_000,
            }),
          },
          { ...strict, description: 'A named set of fields.' },
        ),
        { description: 'Named sets of fields.', maxItems: 100 },
      ),
    ),
    coverageStrategy: Type.Optional(fieldName('How completeness is shown, such as checkpoint_window or parent_detail_accounting.')),
    stateStream: Type.Optional(fieldName('Stream whose checkpoint covers this one.')),
    parentStreams: Type.Optional(
      Type.Array(fieldName('Name of a stream.'), { description: 'Streams whose checkpoints this one must account for.', maxItems: 100 }),
    ),
    schema: freeForm('JSON Schema 2020-12 of the data of a record.'),
  },
  { ...strict, description: 'One stream.' },
);
/** One stream of a type. */
export type StreamDeclaration = Static<typeof StreamDeclaration>;
