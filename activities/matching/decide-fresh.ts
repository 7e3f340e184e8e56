import {
  matchClients,
  matchNamed,
  matchServices,
  matchStaff,
  matchVariants,
  type MatchDecision,
} from '../../domain/matching/index.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { MappedEntity } from '../../infra/mappings.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { namedSides, serviceSides, staffSides, variantSides } from './catalog-candidates.ts';
import { clientQuestion } from './client-candidates.ts';

/**
 * Asks the matcher about records that nobody has decided on, with what could be meant by them.
 *
 * @param taken records of ours that are spoken for already, whatever the database says
 */
export async function decideFresh(
  scope: ApplyScope,
  entity: MappedEntity,
  fresh: readonly SeenRecord[],
  taken: ReadonlySet<string>,
): Promise<readonly MatchDecision[]> {
  if (fresh.length === 0) return [];
  switch (entity) {
    case 'profile': {
      const { cards, profiles } = await clientQuestion(scope, fresh, taken);
      return matchClients(cards, profiles);
    }
    case 'service': {
      const { theirs, ours } = await serviceSides(scope, fresh, taken);
      return matchServices(theirs, ours);
    }
    case 'variant': {
      const { theirs, ours } = await variantSides(scope, fresh, taken);
      return matchVariants(theirs, ours);
    }
    case 'staff': {
      const { theirs, ours } = await staffSides(scope, fresh, taken);
      return matchStaff(theirs, ours);
    }
    case 'room':
    case 'category': {
      const { theirs, ours } = await namedSides(scope, entity, fresh, taken);
      return matchNamed(theirs, ours);
    }
  }
}
