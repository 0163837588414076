/** The desk's time: this computer's clock corrected by the server's, ticking for everything that shows a waiting time. */

let skew = 0;
let ticking = $state(Date.now());

export function now(): number {
  return ticking;
}

/** Correct without being reactive. */
export function instant(): number {
  return Date.now() + skew;
}

/** Called with the server's time when it says it. */
export function setServerTime(at: string): void {
  const server = Date.parse(at);
  if (Number.isFinite(server)) skew = server - Date.now();
  ticking = instant();
}

const TICK = 5_000;
setInterval(() => {
  if (!document.hidden) ticking = instant();
}, TICK);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) ticking = instant();
});
