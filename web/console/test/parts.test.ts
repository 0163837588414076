import { describe, expect, it, vi } from 'vitest';
import { bytesOf, charactersOver, roomOf } from '../src/parts/format';
import { notices } from '../src/parts/notices.svelte';

describe('a text that is too long', () => {
  it('is counted by characters as the desk counts them', () => {
    expect(charactersOver('x'.repeat(2_000), 2_000)).toBe(0);
    expect(charactersOver(` ${'x'.repeat(2_003)} \n`, 2_000)).toBe(3);
    expect(charactersOver('😀'.repeat(300), 300), 'an emoji is one').toBe(0);
    expect(charactersOver('盗'.repeat(301), 300)).toBe(1);
  });
});

describe('a notice of what failed', () => {
  it('is taken back by whoever has it, and nobody else', () => {
    vi.useFakeTimers();
    const first = notices.failed('first');
    notices.failed('second');
    notices.dismiss(first);
    notices.done('done');
    expect(notices.items.map(({ text }) => text)).toEqual(['second', 'done']);
    vi.runAllTimers();
    expect(notices.items).toEqual([]);
    vi.useRealTimers();
  });
});

describe('a limit in bytes', () => {
  it('is said in characters, never more than fit', () => {
    expect(roomOf(16_384, 'en')).toEqual({ chinese: '5,400', letters: '16,300' });
    expect(roomOf(512, 'zh-CN')).toEqual({ chinese: '170', letters: '510' });
    expect(bytesOf('盗'.repeat(5_400))).toBeLessThanOrEqual(16_384);
  });
});
