import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  draftsOf,
  emptyDraft,
  loadDraft,
  pruneDrafts,
  putBack,
  saveDraft,
} from '../src/reply/draft';

class Shelf extends Map<string, string> {
  getItem = (key: string) => this.get(key) ?? null;
  setItem(key: string, value: string) {
    this.set(key, value);
    Object.defineProperty(this, key, { value, enumerable: true, configurable: true });
  }
  removeItem(key: string) {
    this.delete(key);
    Reflect.deleteProperty(this, key);
  }
}

beforeEach(() => vi.stubGlobal('localStorage', new Shelf()));
afterEach(() => vi.unstubAllGlobals());

const DAY = 24 * 3_600_000;

describe('drafts', () => {
  it('come back as they were, per agent and request', () => {
    const file = { id: '9', name: 'a.png', media_type: 'image/png', size: 3, picture: true };
    saveDraft('101', '7', { ...emptyDraft(), tab: 'note', note: '内部', replyFiles: [file] }, 5);
    expect(loadDraft('101', '7')).toMatchObject({
      tab: 'note',
      note: '内部',
      replyFiles: [file],
      at: 5,
    });
    expect(loadDraft('102', '7').note).toBe('');
    expect([...draftsOf('101')]).toEqual(['7']);
  });

  it('leave nothing behind when emptied', () => {
    saveDraft('101', '7', { ...emptyDraft(), reply: 'x' }, 1);
    saveDraft('101', '7', { ...emptyDraft(), reply: '  ' }, 2);
    expect(draftsOf('101').size).toBe(0);
  });

  it('survive a damaged record and a storage that refuses', () => {
    localStorage.setItem('standfast.draft.101.7', '{broken');
    expect(loadDraft('101', '7').reply).toBe('');
    vi.stubGlobal('localStorage', {
      setItem() {
        throw new Error('full');
      },
    });
    expect(saveDraft('101', '7', { ...emptyDraft(), reply: 'x' }, 1)).toBe(false);
  });

  it('are forgotten after sixty days', () => {
    saveDraft('101', '1', { ...emptyDraft(), reply: 'old' }, 0);
    saveDraft('101', '2', { ...emptyDraft(), reply: 'new' }, 59 * DAY);
    pruneDrafts(61 * DAY);
    expect([...draftsOf('101')]).toEqual(['2']);
  });

  it('never lose what was typed meanwhile when a text comes back', () => {
    expect(putBack('', 'returned')).toBe('returned');
    expect(putBack('typed', 'returned')).toBe('returned\n\ntyped');
    expect(putBack('same ', 'same')).toBe('same');
  });
});
