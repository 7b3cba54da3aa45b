import { type Static, type TSchema, Type } from 'typebox';
import { oneOf } from './fields/formats.ts';

/** A Kubernetes List of items of one schema, with the token of the next page where there is one. */
export function listOf<Item extends TSchema>(item: Item) {
  return Type.Object(
    {
      apiVersion: oneOf(['v1'], 'Always v1.'),
      kind: oneOf(['List'], 'Always List.'),
      metadata: Type.Optional(
        Type.Object(
          {
            continue: Type.Optional(Type.String({ description: 'Token of the next page; absent on the last one.' })),
            remainingItemCount: Type.Optional(Type.Integer({ description: 'Items after this page.', minimum: 0 })),
          },
          { additionalProperties: false },
        ),
      ),
      items: Type.Array(item),
    },
    { additionalProperties: false },
  );
}

/** A Kubernetes List as a type. */
export interface List<Item> {
  apiVersion: 'v1';
  kind: 'List';
  metadata?: { continue?: string; remainingItemCount?: number };
  items: Item[];
}

/** Schema of a list whose items are checked one by one. */
export const AnyList = listOf(Type.Unknown());
/** A list whose items are checked one by one. */
export type AnyList = Static<typeof AnyList>;
