/** The schedules of the installation, as Temporal has them. */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { instant, within, type Note } from '../wire.ts';

export const scheduleSchema = z
  .object({
    id: z.string(),
    what: z.string(),
    everySeconds: z.int(),
    nextAt: instant.nullable().meta({ description: 'Null while it is paused' }),
    lastAt: instant.nullable(),
    lastWorkflowId: z.string().nullable(),
    paused: z.boolean(),
    note: z.string().nullable().meta({ description: 'Why it is paused, and which businesses it leaves out' }),
    exists: z.boolean().meta({ description: 'False: booksy monitor start makes it' }),
  })
  .meta({ id: 'Schedule' });

const TIMEOUT_MS = 3000;

const SILENT: Note = {
  code: 'schedules_unavailable',
  message: 'The schedules could not be read, because Temporal does not answer.',
  nextStep: 'Look at GET /api/admin/booksy/health. They go on by themselves once it is back.',
};

/**
 * All schedules; where Temporal does not answer none, and a note says so.
 *
 * @param whole whether the caller reaches every business: the notes speak of all of them
 */
export async function readScheduleList(
  deps: Pick<ApiDeps, 'schedules' | 'logger'>,
  whole: boolean,
): Promise<{ schedules: z.input<typeof scheduleSchema>[]; notes: readonly Note[] }> {
  try {
    const schedules = await within(TIMEOUT_MS, deps.schedules.read());
    return {
      schedules: schedules.map((each) => (whole ? { ...each } : { ...each, note: null })),
      notes: [],
    };
  } catch (error) {
    deps.logger.warn({ err: error }, 'the schedules could not be read');
    return { schedules: [], notes: [SILENT] };
  }
}
