/** One beat a second for the whole page, on the full second of the server's clock: 300 timers, one repaint. */

const listeners = new Set();
let timer = null;
let clock = { now: () => Date.now(), rate: 1 };

/** Use the page's clock from now on. */
export function tickBy(pageClock) {
  clock = pageClock;
}

/** Call `listener(now)` now and every second with the server's time; returns what stops it. */
export function onSecond(listener) {
  listeners.add(listener);
  listener(clock.now());
  timer ??= setTimeout(beat, 0);
  return () => listeners.delete(listener);
}

function beat() {
  const now = clock.now();
  for (const listener of listeners) listener(now);
  timer = listeners.size > 0 ? setTimeout(beat, clock.rate === 1 ? 1000 - (now % 1000) + 5 : 1000) : null;
}
