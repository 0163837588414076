import { describe, expect, it, vi } from 'vitest';
import { Problem } from '../src/api/http';
import { Saved } from '../src/parts/saved.svelte';

interface Thing {
  version: number;
  name: string;
}
const refusal = (code: string, status = 409) => new Problem({ code, title: code, status });

/** A desk with one thing, which somebody else may change or take away. */
function desk() {
  const kept: { thing: Thing | null } = { thing: { version: 1, name: 'first' } };
  const write = (name: string) =>
    vi.fn(async (seen: Thing | null) => {
      if (seen && !kept.thing) throw refusal('not_found', 404);
      if (seen && kept.thing && seen.version !== kept.thing.version)
        throw refusal('outdated_version');
      kept.thing = { version: (kept.thing?.version ?? 0) + 1, name };
      return kept.thing;
    });
  const find = vi.fn(async () => kept.thing);
  const saved = new Saved<Thing>(kept.thing, find);
  return { kept, write, find, saved };
}

describe('a form that somebody else overtook', () => {
  it('saves one after the other while nobody does', async () => {
    const { kept, write, find, saved } = desk();
    await saved.save(write('a'));
    await saved.save(write('b'));
    expect(kept.thing).toEqual({ version: 3, name: 'b' });
    expect(find).not.toHaveBeenCalled();
  });

  it('does not replace theirs by saving once more', async () => {
    const { kept, write, saved } = desk();
    kept.thing = { version: 2, name: 'theirs' };
    const mine = write('mine');
    expect(await saved.save(mine)).toBeNull();
    expect([saved.theirs?.name, saved.calls, saved.busy]).toEqual(['theirs', 1, false]);
    // The button, or Enter, once more: who presses it is led to theirs.
    expect(await saved.save(mine)).toBeNull();
    expect([mine.mock.calls.length, saved.calls, kept.thing.name]).toEqual([1, 2, 'theirs']);
    expect(await saved.save(mine, true)).toEqual({ version: 3, name: 'mine' });
    expect([saved.theirs, saved.seen?.version]).toEqual([null, 3]);
  });

  it('shows what came after theirs before it replaces that', async () => {
    const { kept, write, saved } = desk();
    kept.thing = { version: 2, name: 'theirs' };
    await saved.save(write('mine'));
    kept.thing = { version: 3, name: 'a third' };
    expect(await saved.save(write('mine'), true)).toBeNull();
    expect([saved.theirs?.name, saved.calls, kept.thing.name]).toEqual(['a third', 2, 'a third']);
  });

  it('goes on from theirs', async () => {
    const { kept, write, saved } = desk();
    kept.thing = { version: 2, name: 'theirs' };
    await saved.save(write('mine'));
    expect(saved.take()).toEqual(kept.thing);
    expect([saved.theirs, saved.calls, saved.take()]).toEqual([null, 0, null]);
    expect(await saved.save(write('both'))).toEqual({ version: 3, name: 'both' });
  });

  it('stays refused where theirs cannot be asked for', async () => {
    const { kept, write, find, saved } = desk();
    kept.thing = { version: 2, name: 'theirs' };
    find.mockRejectedValueOnce(refusal('offline', 0));
    await expect(saved.save(write('mine'))).rejects.toThrow('outdated_version');
    expect([saved.theirs, saved.isGone, kept.thing.name]).toEqual([null, false, 'theirs']);
    await saved.save(write('mine'));
    expect(saved.theirs).toEqual(kept.thing);
  });

  it.each(['refused as not found', 'found no more'])('is made anew: %s', async (how) => {
    const { kept, write, find, saved } = desk();
    if (how === 'refused as not found') kept.thing = null;
    else {
      kept.thing = { version: 2, name: 'theirs' };
      find.mockResolvedValueOnce(null);
    }
    await expect(saved.save(write('mine'))).rejects.toThrow();
    expect([saved.isGone, saved.seen]).toEqual([true, null]);
    kept.thing = null;
    expect(await saved.save(write('mine'))).toEqual({ version: 1, name: 'mine' });
    expect(saved.isGone).toBe(false);
  });

  it('passes every other refusal on, and is not taken for gone', async () => {
    const { saved } = desk();
    const invalid = vi.fn(async () => Promise.reject(refusal('invalid', 422)));
    await expect(saved.save(invalid)).rejects.toThrow('invalid');
    expect([saved.theirs, saved.isGone, saved.busy, saved.calls]).toEqual([null, false, false, 0]);
    // What is made anew cannot be gone.
    const fresh = new Saved<Thing>(null, async () => null);
    await expect(
      fresh.save(async () => Promise.reject(refusal('not_found', 404))),
    ).rejects.toThrow();
    expect(fresh.isGone).toBe(false);
  });
});
