// Outlives the test run for a moment: when the run's end of the pipe closes — done, failed, Ctrl-C or killed hard —
// it stops what the run started and removes the run's folder. Lines on stdin: `pid <number> <signal>` and
// `dir <path>` add work, `forget <pid>` takes it away again.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const signals = new Map();
const folders = [];

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const send = (pid, signal) => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone already, which is what was wanted.
  }
};

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const [word, first, second] = line.split(' ');
  if (word === 'pid') signals.set(Number(first), second);
  if (word === 'forget') signals.delete(Number(first));
  if (word === 'dir') folders.push(line.slice('dir '.length));
}

for (const [pid, signal] of signals) send(pid, signal);
const deadline = Date.now() + 10_000;
while (Date.now() < deadline && [...signals.keys()].some(alive)) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
for (const pid of signals.keys()) if (alive(pid)) send(pid, 'SIGKILL');
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
