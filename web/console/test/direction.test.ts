import { describe, expect, it } from 'vitest';
import { stretches, visible } from '../src/conversation/direction';

describe('direction controls', () => {
  it('are spelled out', () => {
    expect(visible('invoice\u202Egpj.exe')).toBe('invoice[U+202E]gpj.exe');
    for (const control of '\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069')
      expect(visible(`a${control}b`)).toMatch(/^a\[U\+20[26][0-9A-E]\]b$/);
  });

  it('leave every other text as it is', () => {
    expect(visible('سلام، 你好 hello')).toBe('سلام، 你好 hello');
    expect(stretches('plain')).toEqual([{ text: 'plain', control: false }]);
  });

  it('stand apart from the text around them', () => {
    expect(stretches('\u2066x\u2069')).toEqual([
      { text: 'U+2066', control: true },
      { text: 'x', control: false },
      { text: 'U+2069', control: true },
    ]);
  });
});
