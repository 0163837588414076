import { describe, expect, it } from 'vitest';
import { View } from '../src/reply/view';
import { at, entry } from './fixtures';

const ms = (seconds: number) => Date.parse(at(seconds));

describe('what a reply has seen', () => {
  it('is all that was there when the conversation was opened', () => {
    const view = new View();
    view.see([entry(1), entry(2)], ms(100));
    expect(view.seen(ms(100), ms(100))).toBe(2);
  });

  it('is nothing while nothing was in view', () => {
    expect(new View().seen(ms(100), ms(100))).toBe(0);
  });

  it('leaves out what arrived within the last two seconds', () => {
    const view = new View();
    const first = [entry(1), entry(2)];
    view.see(first, ms(100));
    view.see([...first, entry(3)], ms(110));
    expect(view.seen(ms(111.9), ms(111.9))).toBe(2);
    expect(view.seen(ms(112), ms(112))).toBe(3);
  });

  it('leaves out what arrived just before the conversation was opened', () => {
    const view = new View();
    view.see([entry(1), entry(99)], ms(100));
    expect(view.seen(ms(100.5), ms(100.5))).toBe(1);
  });

  it('leaves out what arrived after the last key stroke', () => {
    const view = new View();
    const first = [entry(1), entry(2)];
    view.see(first, ms(100));
    view.see([...first, entry(3)], ms(110));
    expect(view.seen(ms(200), ms(109))).toBe(2);
    expect(view.seen(ms(200), ms(115))).toBe(3);
  });

  it('counts an entry from when it came into view first', () => {
    const view = new View();
    const first = [entry(1)];
    view.see(first, ms(100));
    view.see([...first, entry(2)], ms(110));
    view.see([...first, entry(2)], ms(111));
    expect(view.seen(ms(112), ms(112))).toBe(2);
  });

  it('includes at once what the agent says was read', () => {
    const view = new View();
    view.see([entry(1)], ms(100));
    view.see([entry(1), entry(2)], ms(110));
    view.confirm(2);
    expect(view.seen(ms(110), ms(90))).toBe(2);
    view.see([entry(1), entry(2), entry(3)], ms(111));
    expect(view.seen(ms(112), ms(112))).toBe(2);
  });
});
