/** Plots as tables. Headings come from the catalogue. */
import type { Language } from '@standfast/ui/i18n';
import { t } from '../words.svelte';
import {
  estimateCells,
  withoutEmpty,
  type Cell,
  type Column,
  type Mark,
  type Ranked,
  type Series,
  type Table,
} from './data';
import { happening, markName } from './event';
import { figure, type Measured } from './figure';
import { cut, movement } from './remark';
import { bucketName } from './time';
import { advance, type Unit } from './zone';

interface Timed {
  series: readonly Series[];
  compare?: { label: string; series: readonly Series[] } | undefined;
  marks?: readonly Mark[];
  unit: Unit;
  zone: string;
  measured: Measured;
  language: Language;
}

/** Value, low, high and n under a name; the name is left out when there is only one. */
export function estimateColumns(name = ''): Column[] {
  const of = (what: string) => (name === '' ? what : `${name} · ${what}`);
  return [
    { label: name || t('plot.value'), numeric: true },
    { label: of(t('plot.low')), numeric: true },
    { label: of(t('plot.high')), numeric: true },
    { label: of(t('plot.n')), numeric: true },
  ];
}

/** One row a bucket; four columns a series, those that nobody needs left out. */
export function seriesTable(timed: Timed): Table {
  const { series, compare, marks = [], unit, zone, measured, language } = timed;
  const say = (value: number) => figure(value, measured, language);
  const all = [
    ...series,
    ...(compare?.series ?? []).map((each) => ({
      ...each,
      label: series.length === 1 ? (compare?.label ?? '') : `${each.label} · ${compare?.label}`,
    })),
  ];
  const points = all.map((each) => new Map(each.points.map((point) => [point.at, point])));
  const instants = [...new Set(series.flatMap((each) => each.points.map(({ at }) => at)))].toSorted(
    (a, b) => a - b,
  );
  const rows = instants.map((at): Cell[] => {
    const end = advance(at, unit, 1, zone);
    const happened = happening(marks, at, end);
    return [
      bucketName(at, unit, zone, language),
      ...points.flatMap((byTime) =>
        estimateCells(byTime.get(at) ?? { value: null }, measured, say),
      ),
      happened.map((mark) => markName(mark, language)).join('; '),
      remarks(all.map(({ label }, index) => [label, cut(points[index]?.get(at), unit, zone)])),
    ];
  });
  const names = all.length === 1 ? [''] : all.map(({ label }) => label);
  return withoutEmpty({
    columns: [
      { label: t('plot.time') },
      ...names.flatMap(estimateColumns),
      { label: t('plot.events') },
      { label: t('plot.remark') },
    ],
    rows,
  });
}

/** What is said of the lines in a row, once where it is the same of all. */
function remarks(said: readonly (readonly [label: string, text: string])[]): string {
  const some = said.filter(([, text]) => text !== '');
  const texts = [...new Set(some.map(([, text]) => text))];
  return texts.length > 1
    ? some.map(([label, text]) => `${label}${t('label.separator')}${text}`).join('; ')
    : (texts[0] ?? '');
}

/** One row a thing. */
export function rankedTable(
  items: readonly Ranked[],
  heading: string,
  measured: Measured,
  language: Language,
  before = '',
): Table {
  const say = (value: number) => figure(value, measured, language);
  return withoutEmpty({
    columns: [
      { label: heading },
      ...estimateColumns(),
      { label: before, numeric: true },
      { label: t('plot.change') },
      { label: t('plot.remark') },
    ],
    rows: items.map((each) => [
      each.label,
      ...estimateCells(each, measured, say),
      typeof each.before === 'number' ? { value: each.before, text: say(each.before) } : null,
      movement(each, measured),
      each.small ? t('plot.small') : '',
    ]),
  });
}
