/** What an event touches, between the form's lines and the API's map. */

export const DIMENSIONS = ['app_version', 'chain', 'platform', 'region', 'type'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Line {
  dimension: Dimension;
  /** Values as typed, separated by commas. */
  values: string;
}

export type Scope = Record<string, string[]>;

export function splitValues(text: string): string[] {
  return text
    .split(/[,，、;；]/)
    .map((value) => value.trim())
    .filter(Boolean);
}

export function toLines(scope: Scope): Line[] {
  return DIMENSIONS.filter((dimension) => scope[dimension]?.length).map((dimension) => ({
    dimension,
    values: (scope[dimension] ?? []).join(', '),
  }));
}

/** Two lines of one dimension are one list. */
export function toScope(lines: readonly Line[]): Scope {
  const scope: Scope = {};
  for (const { dimension, values } of lines) {
    const read = splitValues(values);
    if (read.length > 0) scope[dimension] = [...(scope[dimension] ?? []), ...read];
  }
  return scope;
}

/** What people usually mean; anything else may be typed. */
export const KNOWN: Partial<Record<Dimension, readonly string[]>> = {
  chain: ['bitcoin', 'ethereum', 'bnb', 'tron', 'solana', 'ton', 'polygon', 'arbitrum', 'base'],
  platform: ['android', 'ios', 'harmonyos', 'windows', 'macos', 'extension'],
};
