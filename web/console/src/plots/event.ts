/** Events beside a time axis: who stands where, and what they are called. Pure. */
import type { Language } from '@standfast/ui/i18n';
import type { Mark } from './data';
import { fit, textWidth } from './label';
import { advance, isoDate, isoTime, type Unit } from './zone';

/** What stands above the plot at one place: an event, or several that are too near to each other to be told apart. */
export interface Head {
  marks: readonly Mark[];
  x: number;
  /** As much of the names as there is room for; may be empty. */
  text: string;
}

/** A head takes so much to be seen, and to be met by a finger; nearer ones stand together. */
export const HEAD = 24;
/** Height of the line of heads. */
export const HEADROOM = 22;
const WIDEST = 170;
/** Of less, nobody can tell what it says. */
const NARROWEST = 64;

/** The heads of marks in the order of time, none over another; `end` is where the last text must stop. */
export function heads(
  marks: readonly Mark[],
  x: (at: number) => number,
  [left, right]: readonly [number, number],
  end: number,
  separator: string,
): Head[] {
  const groups: { x: number; marks: Mark[] }[] = [];
  for (const mark of marks.toSorted((a, b) => a.at - b.at)) {
    const at = Math.min(right, Math.max(left, x(mark.at)));
    const last = groups.at(-1);
    if (last && at - last.x < HEAD) last.marks.push(mark);
    else groups.push({ x: at, marks: [mark] });
  }
  return groups.map((group, index) => {
    const next = groups[index + 1];
    const room = (next ? next.x - HEAD / 2 - 4 : end) - group.x - HEAD / 2;
    const names = group.marks.map(({ label }) => label).join(separator);
    const width = Math.min(room, WIDEST);
    const text = width < Math.min(NARROWEST, textWidth(names)) ? '' : fit(names, width);
    return { ...group, text };
  });
}

/** "Release: 7.2.0", in a list of what happened. */
export function markName({ kind, label }: Mark, language: Language): string {
  if (!kind) return label;
  return language === 'zh-CN' ? `${kind}：${label}` : `${kind}: ${label}`;
}

/** "2026-11-10 16:00", of what lasted with its end. */
export function markTime({ at, until }: Mark, zone: string): string {
  const said = (time: number) => `${isoDate(time, zone)} ${isoTime(time, zone)}`;
  if (until === undefined) return said(at);
  const sameDay = isoDate(at, zone) === isoDate(until, zone);
  return `${said(at)} – ${sameDay ? isoTime(until, zone) : said(until)}`;
}

/** Those within the buckets that begin at `instants`, which ascend. */
export function within(
  marks: readonly Mark[],
  instants: readonly number[],
  unit: Unit,
  zone: string,
): Mark[] {
  const [first, last] = [instants[0], instants.at(-1)];
  if (first === undefined || last === undefined) return [];
  return happening(marks, first, advance(last, unit, 1, zone));
}

/** What began or was under way between two instants. */
export function happening(marks: readonly Mark[], from: number, until: number): Mark[] {
  return marks.filter(
    ({ at, until: end }) =>
      at < until && (end === undefined || end === at ? at >= from : end > from),
  );
}
