import { describe, expect, it } from 'vitest';
import { caps, chordOf, Keymap, spoken, type Press } from '../src/actions/keys';

function press(key: string, more: Partial<Press> = {}): Press {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more };
}

describe('chords', () => {
  it('name what was pressed', () => {
    expect(chordOf(press('j'))).toBe('j');
    expect(chordOf(press('E', { shiftKey: true }))).toBe('shift+e');
    expect(chordOf(press('?', { shiftKey: true }))).toBe('?');
    expect(chordOf(press('!', { shiftKey: true }))).toBe('!');
    expect(chordOf(press('k', { metaKey: true }))).toBe('mod+k');
    expect(chordOf(press('K', { ctrlKey: true }))).toBe('mod+k');
    expect(chordOf(press('Enter', { ctrlKey: true, shiftKey: true }))).toBe('mod+shift+Enter');
  });

  it('are not made from modifiers alone or by an input method', () => {
    expect(chordOf(press('Shift', { shiftKey: true }))).toBeNull();
    expect(chordOf(press('e', { isComposing: true }))).toBeNull();
    expect(chordOf(press('Process', { keyCode: 229 }))).toBeNull();
  });
});

describe('keymap', () => {
  const make = () =>
    new Keymap([
      ['j', 'next'],
      ['g u', 'unassigned'],
      ['u', 'plain u'],
      ['mod+k', 'palette'],
      ['Escape', 'back'],
    ]);

  it('is silent while somebody types, but for chords and Escape', () => {
    const keymap = make();
    expect(keymap.press('j', true, true, 0)).toBeNull();
    expect(keymap.press('mod+k', true, true, 0)).toBe('palette');
    expect(keymap.press('Escape', true, true, 0)).toBe('back');
  });

  it('can do without single keys', () => {
    expect(make().press('j', false, false, 0)).toBeNull();
    expect(make().press('mod+k', false, false, 0)).toBe('palette');
  });

  it('knows sequences, for a moment', () => {
    const keymap = make();
    expect(keymap.press('g', false, true, 0)).toBeNull();
    expect(keymap.press('u', false, true, 500)).toBe('unassigned');
    expect(keymap.press('u', false, true, 600)).toBe('plain u');
    keymap.press('g', false, true, 1_000);
    expect(keymap.press('u', false, true, 5_000)).toBe('plain u');
    keymap.press('g', false, true, 6_000);
    expect(keymap.press('j', false, true, 6_100)).toBe('next');
  });

  it('forgets a sequence when typing begins', () => {
    const keymap = make();
    keymap.press('g', false, true, 0);
    keymap.press('u', true, true, 100);
    expect(keymap.press('u', false, true, 200)).toBe('plain u');
  });
});

describe('caps', () => {
  it('are what the keyboard says', () => {
    expect(caps('g u')).toEqual(['G', 'U']);
    expect(caps('shift+Enter').at(-1)).toBe('↵');
  });

  it('are words where nothing is seen', () => {
    expect(spoken('mod+k')).toMatch(/^(Ctrl\+|⌘)K$/);
    expect(spoken('mod+shift+Enter')).toMatch(/Enter$/);
    expect(spoken('g u')).toBe('G U');
  });
});
