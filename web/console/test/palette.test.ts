import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SLOTS } from '../src/plots/colour';

const css = (name: string) => readFileSync(join(import.meta.dirname, '../../ui', name), 'utf8');

/** The custom properties of the nth theme block: 0 light, 1 the system's dark, 2 the chosen dark. */
function theme(source: string, block: number): Record<string, string> {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, '');
  const found = [...text.matchAll(/\{([^{}]*)\}/g)][block]?.[1] ?? '';
  return Object.fromEntries(
    [...found.matchAll(/(--[\w-]+):\s*(#\w{6})/g)].map((each) => [each[1], each[2]]),
  );
}

type Triple = readonly [number, number, number];

function linear(hex: string): Triple {
  const part = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

/** WCAG 2.2 contrast ratio. */
function contrast(a: string, b: string): number {
  const light = (hex: string) => {
    const [red, green, blue] = linear(hex);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [high = 0, low = 0] = [light(a), light(b)].toSorted((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 2009, severity 1. */
const SIGHT: Record<string, readonly Triple[]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** Björn Ottosson's Oklab (2020) of a colour as somebody sees it. */
function oklab(hex: string, sight: readonly Triple[]): Triple {
  const own = linear(hex);
  const [r = 0, g = 0, b = 0] = sight.map((row) =>
    Math.max(0, row[0] * own[0] + row[1] * own[1] + row[2] * own[2]),
  );
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function difference(a: string, b: string, sight: readonly Triple[]): number {
  const [x, y] = [oklab(a, sight), oklab(b, sight)];
  return 100 * Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

describe.each([
  ['light', 0],
  ['dark', 1],
])('the palette, %s', (_, block) => {
  const tokens = theme(css('tokens.css'), block);
  const plots = theme(css('plots.css'), block);
  const slots = Array.from({ length: SLOTS }, (_, slot) => plots[`--plot-${slot + 1}`] ?? '');

  it('stands out from the ground', () => {
    for (const colour of [...slots, plots['--plot-rest'] ?? ''])
      for (const ground of ['--surface', '--bg'])
        expect(
          contrast(colour, tokens[ground] ?? ''),
          `${colour} on ${ground}`,
        ).toBeGreaterThanOrEqual(3);
  });

  it('can be told apart by people who see colours differently', () => {
    for (const [name, sight] of Object.entries(SIGHT))
      for (const [index, a] of slots.entries())
        for (const b of slots.slice(index + 1))
          expect(difference(a, b, sight), `${a} and ${b}, ${name}`).toBeGreaterThanOrEqual(9);
  });

  it('carries readable numbers on every step of the heat', () => {
    for (let step = 0; step <= 7; step += 1) {
      const ink = plots[step > 4 ? '--heat-ink-high' : '--heat-ink-low'] ?? '';
      expect(contrast(plots[`--heat-${step}`] ?? '', ink), `heat ${step}`).toBeGreaterThanOrEqual(
        4.5,
      );
    }
  });

  it('gets monotonously darker or lighter with the heat', () => {
    const steps = Array.from({ length: 8 }, (_, step) =>
      contrast(plots[`--heat-${step}`] ?? '', tokens['--surface'] ?? ''),
    );
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });
});

it('is the same dark whether chosen or the system’s', () => {
  for (const source of [css('plots.css'), css('tokens.css')])
    expect(theme(source, 2)).toEqual(theme(source, 1));
});
