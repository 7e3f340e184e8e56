// Loaded into a worker before its own code (`node --expose-gc --import …`): collects garbage again and again and keeps
// the most that was then still alive. Answers `{ type: 'heap' }` with what it saw since the question before.
const PAUSE_MS = 100;
/** The share of the time that looking may take: more would starve what is looked at. */
const SHARE = 0.4;

let peakLiveBytes = 0;
let peakRssBytes = 0;
let samples = 0;

const look = () => {
  const begun = performance.now();
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  const tookMs = performance.now() - begun;
  peakLiveBytes = Math.max(peakLiveBytes, heapUsed);
  peakRssBytes = Math.max(peakRssBytes, rss);
  samples += 1;
  setTimeout(look, Math.max(PAUSE_MS, tookMs / SHARE)).unref();
};

look();
process.on('message', (message) => {
  if (message?.type !== 'heap') return;
  process.send?.({ type: 'heap', peakLiveBytes, peakRssBytes, samples });
  // The next answer is about what comes now.
  peakLiveBytes = peakRssBytes = samples = 0;
});
// The worker decides when the process ends, not this listener.
process.channel?.unref();
