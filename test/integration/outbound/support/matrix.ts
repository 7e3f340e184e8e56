/** Entity × operation × direction: each cell is a test with its id, or says why there is none. */

export const MATRIX_ENTITIES = [
  'visit',
  'client',
  'service',
  'variant',
  'time_off',
  'reservation',
  'category',
  'staff',
  'room',
  'hours',
] as const;
export const MATRIX_OPERATIONS = ['create', 'change', 'status', 'remove'] as const;
export const MATRIX_DIRECTIONS = ['out', 'in'] as const;

export type MatrixEntity = (typeof MATRIX_ENTITIES)[number];
export type CellId =
  `M-${MatrixEntity}-${(typeof MATRIX_OPERATIONS)[number]}-${(typeof MATRIX_DIRECTIONS)[number]}`;

const IN_ONLY = 'comes in only (R8)';
const NO_STATUS = 'has no status';

/** Why a cell has no test. */
export const EMPTY_CELLS: Readonly<Partial<Record<CellId, string>>> = Object.fromEntries(
  MATRIX_ENTITIES.flatMap((entity) => {
    const none: [string, string][] = [];
    if (entity !== 'visit') {
      none.push([`M-${entity}-status-out`, NO_STATUS], [`M-${entity}-status-in`, NO_STATUS]);
    }
    if (['category', 'staff', 'room', 'reservation'].includes(entity)) {
      for (const operation of ['create', 'change', 'remove'])
        none.push([`M-${entity}-${operation}-out`, IN_ONLY]);
    }
    if (entity === 'hours') {
      none.push(
        ['M-hours-remove-in', 'a day that is no longer stated is a change of its owner: M-hours-change-in'],
        ['M-hours-create-out', 'an owner has hours there from the start: a new day is M-hours-change-out'],
        [
          'M-hours-remove-out',
          'no call there takes a day away: it is made like the week, M-hours-change-out',
        ],
      );
    }
    return none;
  }),
);

/** All cells, in reading order. */
export function allCells(): readonly CellId[] {
  return MATRIX_ENTITIES.flatMap((entity) =>
    MATRIX_OPERATIONS.flatMap((operation) =>
      MATRIX_DIRECTIONS.map((direction): CellId => `M-${entity}-${operation}-${direction}`),
    ),
  );
}

/** The matrix as a table: the id of the test, or the reason. */
export function printedMatrix(proven: ReadonlySet<string>): string {
  const lines = MATRIX_ENTITIES.flatMap((entity) =>
    MATRIX_DIRECTIONS.map((direction) => {
      const cells = MATRIX_OPERATIONS.map((operation) => {
        const id: CellId = `M-${entity}-${operation}-${direction}`;
        return proven.has(id) ? id : `– ${EMPTY_CELLS[id] ?? 'EMPTY'}`;
      });
      return `| ${[entity, direction, ...cells].join(' | ')} |`;
    }),
  );
  const head = ['entity', 'direction', ...MATRIX_OPERATIONS];
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...lines].join('\n');
}
