import type { ApiClient } from '../api-client.ts';
import { readList, type Listed } from '../pages.ts';
import { mappingAnswer, mappingPage, type Mapping } from '../wire-review.ts';
import type { Note } from '../wire.ts';

export const MAPPINGS = '/api/admin/booksy/mappings';

/** Which cards of Booksy are listed. */
export type MappingFilter = {
  readonly business: string | undefined;
  readonly entity: string | undefined;
  /** Undefined lists every state. */
  readonly state: string | undefined;
  readonly limit: number;
};

/** Cards of Booksy with what they were matched with. */
export async function listMappings(
  api: ApiClient,
  { business, entity, state, limit }: MappingFilter,
): Promise<Listed<Mapping>> {
  return readList(
    api,
    MAPPINGS,
    { businessId: business, entity, state },
    { schema: mappingPage, rowsOf: ({ mappings }) => mappings, limit },
  );
}

/** One card, as it is now. */
export async function readMapping(
  api: ApiClient,
  id: string,
): Promise<{ mapping: Mapping; notes: readonly Note[] }> {
  return mappingAnswer.parse(await api.get(`${MAPPINGS}/${encodeURIComponent(id)}`));
}
