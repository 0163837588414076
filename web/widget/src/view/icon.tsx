import { h } from '../dom.ts';

/** Outlines after lucide (ISC licence), 24 × 24; plain corners where they are shown small. */
const PATHS = {
  chat: 'M7.9 20A9 9 0 1 0 4 16.1L2 22Z',
  close: 'M18 6 6 18M6 6l12 12',
  back: 'm15 18-6-6 6-6',
  next: 'm9 18 6-6-6-6',
  send: 'M12 19V5M5 12l7-7 7 7',
  clip: 'm21.4 11.1-9.2 9.2a6 6 0 0 1-8.5-8.5l8.6-8.6a4 4 0 1 1 5.7 5.7l-8.6 8.6a2 2 0 0 1-2.8-2.8l8.5-8.5',
  shield: 'M12 22s8-4 8-10V5l-8-3-8 3v7c0 6 8 10 8 10M9 12l2 2 4-4',
  alert: 'm21.7 18-8-14a2 2 0 0 0-3.5 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.7-3M12 9v4M12 17h.01',
  info: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20M12 16v-4M12 8h.01',
  copy: 'M8 8h14v14H8ZM4 16H2V2h14v2',
  check: 'M20 6 9 17l-5-5',
  file: 'M4 2h11l5 5v15H4ZM14 2v6h6',
  clock: 'M3 11h18v11H3ZM7 11V7a5 5 0 0 1 10 0v4',
  lock: 'M3 11h18v11H3ZM7 11V7a5 5 0 0 1 10 0v4',
};

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
