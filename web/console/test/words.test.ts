import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import enConsole from '../../../locales/en/console.json';
import enCompare from '../../../locales/en/compare.json';
import enFigure from '../../../locales/en/figure.json';
import enHours from '../../../locales/en/hours.json';
import enInsight from '../../../locales/en/insight.json';
import enPlanning from '../../../locales/en/planning.json';
import enReports from '../../../locales/en/reports.json';
import enRoster from '../../../locales/en/roster.json';
import enSurge from '../../../locales/en/surge.json';
import zhConsole from '../../../locales/zh-CN/console.json';
import zhCompare from '../../../locales/zh-CN/compare.json';
import zhFigure from '../../../locales/zh-CN/figure.json';
import zhHours from '../../../locales/zh-CN/hours.json';
import zhInsight from '../../../locales/zh-CN/insight.json';
import zhPlanning from '../../../locales/zh-CN/planning.json';
import zhReports from '../../../locales/zh-CN/reports.json';
import zhRoster from '../../../locales/zh-CN/roster.json';
import zhSurge from '../../../locales/zh-CN/surge.json';

const EN: Record<string, string> = {
  ...enConsole,
  ...enInsight,
  ...enCompare,
  ...enFigure,
  ...enReports,
  ...enHours,
  ...enPlanning,
  ...enRoster,
  ...enSurge,
};
const ZH: Record<string, string> = {
  ...zhConsole,
  ...zhInsight,
  ...zhCompare,
  ...zhFigure,
  ...zhReports,
  ...zhHours,
  ...zhPlanning,
  ...zhRoster,
  ...zhSurge,
};
const bare = (key: string) => key.replace(/_(one|other)$/, '');
const keys = (catalog: Record<string, string>) => new Set(Object.keys(catalog).map(bare));
const params = (text: string | undefined) =>
  [...(text ?? '').matchAll(/\{(\w+)\}/g)].map((match) => match[1]).toSorted();

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile() && /\.(ts|svelte)$/.test(file.name))
    .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
}

describe('catalogues', () => {
  it('say the same things in both languages', () => {
    expect([...keys(ZH)].toSorted()).toEqual([...keys(EN)].toSorted());
  });

  it('say each thing once', () => {
    const locales = join(import.meta.dirname, '../../../locales');
    for (const file of readdirSync(locales, { withFileTypes: true, recursive: true })) {
      if (!file.isFile()) continue;
      const text = readFileSync(join(file.parentPath, file.name), 'utf8');
      const named = [...text.matchAll(/^ {2}"([^"]+)":/gm)].map((match) => match[1]);
      expect(named.length, file.name).toBe(new Set(named).size);
    }
  });

  it('have no form for one in Chinese, which none would ever read', () => {
    const locales = join(import.meta.dirname, '../../../locales/zh-CN');
    const named = readdirSync(locales).flatMap((file) =>
      Object.keys(JSON.parse(readFileSync(join(locales, file), 'utf8')) as object),
    );
    expect(named.length).toBeGreaterThan(1_000);
    expect(named.filter((key) => key.endsWith('_one'))).toEqual([]);
  });

  it('say each thing in one area', () => {
    expect(Object.keys(enConsole).filter((key) => key in enInsight)).toEqual([]);
  });

  it('use the same parameters', () => {
    for (const key of Object.keys(ZH)) {
      const english = EN[key] ?? EN[`${bare(key)}_other`];
      expect(params(ZH[key]), key).toEqual(params(english));
    }
  });

  it('know every key that the code names', () => {
    const used = sources(join(import.meta.dirname, '../src')).flatMap((text) =>
      [...text.matchAll(/\b(?:t|say)\(\s*'([\w.]+)'/g)].map((match) => match[1] ?? ''),
    );
    const known = keys(EN);
    expect(used.length).toBeGreaterThan(150);
    const missing = used.filter((key) => !known.has(key) && !known.has(`event.${key}`));
    expect([...new Set(missing)]).toEqual([]);
  });

  it('name what the guard finds', () => {
    const guard = join(import.meta.dirname, '../../../crates/guard/src/api.rs');
    const [secrets = '', identifiers = ''] = ['SecretKind', 'IdentifierKind'].map(
      (kind) => readFileSync(guard, 'utf8').split(`impl ${kind} {`)[1]?.split('\n}')[0],
    );
    const codes = (code: string) =>
      [...code.matchAll(/=> "(\w+)"/g)].map((match) => match[1] ?? '');
    // Digits that may be either have words of their own, and are no identifier for an agent.
    const named = [
      ...codes(secrets).map((code) =>
        code === 'unproven_hex' ? 'redacted.hex' : `secret.${code}`,
      ),
      ...codes(identifiers).flatMap((code) =>
        code === 'ambiguous_hex' ? [] : [`identifier.${code}`],
      ),
    ];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((key) => !(key in EN))).toEqual([]);
  });

  it('never shout and never say oops', () => {
    for (const text of [...Object.values(EN), ...Object.values(ZH)])
      expect(text).not.toMatch(/[!！]|oops/i);
  });
});
