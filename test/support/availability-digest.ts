/** Prints what the slot engine says of some salons, as a digest: run it under several host zones. */
import { createHash } from 'node:crypto';
import { explainTime, findSlots, nextFreeSlots } from '../../domain/availability/index.ts';
import { generatedSalon } from './availability-salons.ts';

const digest = createHash('sha256');
for (let seed = 70_000; seed < 70_060; seed += 1) {
  const { salon, query, times } = generatedSalon(seed);
  digest.update(JSON.stringify(findSlots(salon, query)));
  digest.update(JSON.stringify(nextFreeSlots(salon, query, { from: salon.now, count: 3 })));
  for (const time of times) digest.update(JSON.stringify(explainTime(salon, query, time)));
}
// What the host's own clock shows tells that its zone was really another one.
const host = new Date(1_700_000_000_000).getHours();
process.stdout.write(`${JSON.stringify({ host, digest: digest.digest('hex') })}\n`);
