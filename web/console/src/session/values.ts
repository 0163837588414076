/**
 * What the values of dimensions are called, for those who do not have the catalogue of Insight. What a host calls something itself,
 * such as a version, stands as it is.
 */
import { language, t, useArea } from '../words.svelte';
import { directory } from './directory.svelte';

/** The names of chains and platforms come when somebody wants them; until then, and without them, their codes stand. */
export function loadValueNames(): void {
  useArea('figure').catch(() => undefined);
}

/** The name of an ISO 3166 region; anything else a host sent stands as it is, and so does ZZ, which is none. */
export function regionName(code: string, language: string): string {
  if (!/^(?!ZZ)[A-Z]{2}$/.test(code)) return code;
  return new Intl.DisplayNames(language, { type: 'region' }).of(code) ?? code;
}

export function valueName(dimension: string, code: string): string {
  if (dimension === 'type') return directory.typeName(code);
  if (dimension === 'region') return regionName(code, language());
  const key = `value.${dimension}.${code}`;
  const name = t(key);
  return name === key ? code : name;
}
