/**
 * No raw key is shown: each part of the console has loaded the areas of the words that it names. That a key is in some catalogue
 * (words.test.ts) is not enough, since a room that speaks of another room's things has not loaded that room's words.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../src');
const LOCALES = join(import.meta.dirname, '../../../locales/en');
const AREAS = [
  'console',
  'insight',
  'compare',
  'figure',
  'reports',
  'hours',
  'roster',
  'planning',
  'surge',
];

/** Keys by area, without the form of a plural. */
const KEYS = new Map(
  AREAS.map((area) => {
    const catalog = JSON.parse(readFileSync(join(LOCALES, `${area}.json`), 'utf8')) as object;
    return [
      area,
      [...new Set(Object.keys(catalog).map((key) => key.replace(/_(one|other)$/, '')))],
    ];
  }),
);
const areasOf = (fits: (key: string) => boolean) =>
  AREAS.filter((area) => KEYS.get(area)?.some(fits));

/** What a file names: keys, and beginnings of keys whose rest is made. With the areas that know it. */
function namedIn(text: string): Map<string, string[]> {
  const named = new Map<string, string[]>();
  for (const [, key = ''] of text.matchAll(/'([a-z_]+(?:\.[\w-]+)+)'/g)) {
    const areas = areasOf((known) => known === key);
    if (areas.length > 0) named.set(key, areas);
  }
  for (const [, start = ''] of text.matchAll(/`([a-z_]+\.(?:[\w-]+\.)*)\$\{/g)) {
    const areas = areasOf((known) => known.startsWith(start));
    if (areas.length > 0) named.set(`${start}…`, areas);
  }
  return named;
}

interface File {
  named: Map<string, string[]>;
  imports: string[];
  /** Areas that it loads for itself. */
  areas: string[];
  /** Parts that it loads later, each with the areas that it loads beside it. */
  later: { part: string; areas: string[] }[];
}
const files = new Map<string, File>();

function read(path: string): File {
  const known = files.get(path);
  if (known) return known;
  const text = readFileSync(path, 'utf8');
  const at = (name: string) => {
    const found = resolve(dirname(path), name);
    return [found, `${found}.ts`].find((each) => /\.(ts|svelte)$/.test(each) && existsSync(each));
  };
  const all = (within: string, pattern: RegExp) =>
    [...within.matchAll(pattern)].map(([, name = '']) => name);
  const parts = (within: string, pattern: RegExp) =>
    all(within, pattern).flatMap((name) => at(name) ?? []);
  const file: File = {
    named: namedIn(text),
    imports: parts(text, /(?:from|^\s*import) '(\.[^']+)'/gm),
    areas: [],
    later: [],
  };
  // What a function loads beside a part is for that part alone.
  for (const chunk of text.split(/\n {2}async function /)) {
    const areas = all(chunk.split(/\n {2}\}\n/)[0] ?? '', /useArea\('(\w+)'\)/g);
    const own = parts(chunk.split(/\n {2}\}\n/)[0] ?? '', /import\('(\.[^']+)'\)/g);
    const rest = chunk
      .split(/\n {2}\}\n/)
      .slice(1)
      .join('\n');
    if (own.length > 0) file.later.push(...own.map((part) => ({ part, areas })));
    else file.areas.push(...areas);
    file.areas.push(...all(rest, /useArea\('(\w+)'\)/g));
    file.later.push(...parts(rest, /import\('(\.[^']+)'\)/g).map((part) => ({ part, areas: [] })));
  }
  files.set(path, file);
  return file;
}

/** What is shown with a part, at once. */
function together(start: string): string[] {
  const found = new Set([start]);
  for (const path of found) for (const each of read(path).imports) found.add(each);
  return [...found];
}

/** "insight/pages/Online.svelte: hours.language.…" for each that the part has no words for. */
function rawIn(part: string, given: readonly string[], seen: Map<string, string[]>): string[] {
  const shown = together(part);
  const areas = [...new Set([...given, ...shown.flatMap((path) => read(path).areas)])].toSorted();
  // The same part with as much is known already.
  const key = areas.join();
  if (seen.get(part)?.includes(key)) return [];
  seen.set(part, [...(seen.get(part) ?? []), key]);
  const raw = shown.flatMap((path) =>
    [...read(path).named]
      .filter(([, of]) => !of.some((area) => areas.includes(area)))
      .map(([name]) => `${relative(SRC, path)}: ${name}`),
  );
  const later = shown.flatMap((path) => read(path).later);
  return [...raw, ...later.flatMap((each) => rawIn(each.part, [...areas, ...each.areas], seen))];
}

describe('words', () => {
  it('are there wherever their keys are named', () => {
    const seen = new Map<string, string[]>();
    const raw = rawIn(join(SRC, 'main.ts'), ['console'], seen);
    expect([...new Set(raw)].toSorted()).toEqual([]);
    // It has looked into everything.
    const all = readdirSync(SRC, { withFileTypes: true, recursive: true })
      .filter((file) => file.isFile() && /\.(ts|svelte)$/.test(file.name))
      .map((file) => relative(SRC, join(file.parentPath, file.name)));
    const looked = new Set([...files.keys()].map((path) => relative(SRC, path)));
    expect(all.filter((path) => !looked.has(path))).toEqual([]);
  });
});
