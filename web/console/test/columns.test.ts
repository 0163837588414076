import { describe, expect, it } from 'vitest';
import { LEVEL, namesBelow } from '../src/plots/columns';
import { textWidth } from '../src/plots/label';

const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
const types = Array.from({ length: 12 }, (_, at) => `Transfer has not arrived ${at}`);

describe('names below columns', () => {
  it('stand level where each has room', () => {
    expect(namesBelow(['Fees', 'Swap'], { left: 80, step: 90, all: true })).toEqual({
      turn: 0,
      texts: ['Fees', 'Swap'],
      height: LEVEL,
    });
  });

  it('of a row of hours are left out in between', () => {
    const { turn, texts } = namesBelow(hours, { left: 60, step: 11, all: false });
    expect(turn).toBe(0);
    expect(texts.filter(Boolean).length).toBeLessThan(24);
    expect(texts[0]).toBe('00');
  });

  it('stand aslant, each of them, on a wide screen and on a phone', () => {
    for (const [left, step] of [
      [120, 70],
      [100, 20],
    ] as const) {
      const { turn, texts, height } = namesBelow(types, { left, step, all: true });
      expect(turn).toBe(45);
      for (const [at, text] of texts.entries()) {
        expect(text.length).toBeGreaterThan(3);
        // None begins before the drawing, or ends below it.
        expect(textWidth(text) * Math.SQRT1_2).toBeLessThan(left + (at + 0.5) * step);
        expect(textWidth(text) * Math.SQRT1_2).toBeLessThan(height);
      }
    }
  });

  it('stand upright where lines aslant would touch', () => {
    const { turn, texts, height } = namesBelow(types, { left: 60, step: 15, all: true });
    expect(turn).toBe(90);
    expect(texts.every((text) => text.endsWith('…') && textWidth(text) < height)).toBe(true);
  });
});
