import { describe, expect, it } from 'vitest';
import { Handling, IDLE_MS } from '../src/conversation/handling';

describe('handling', () => {
  it('counts what is in front of somebody who is there', () => {
    const handling = new Handling();
    handling.touch(0);
    for (let now = 0; now <= 30_000; now += 1_000) handling.tick(now, now < 20_000 ? '1' : '2');
    expect([handling.take('1'), handling.take('2'), handling.take('3')]).toEqual([
      19,
      11,
      undefined,
    ]);
    expect(handling.take('1')).toBeUndefined();
  });

  it('stops when nothing was done for a minute, and when the window is behind', () => {
    const handling = new Handling();
    handling.touch(0);
    for (let now = 0; now <= 2 * IDLE_MS; now += 1_000) handling.tick(now, '1');
    expect(handling.take('1')).toBe(IDLE_MS / 1_000 - 1);
    handling.touch(200_000);
    for (let now = 200_000; now <= 210_000; now += 1_000) handling.tick(now, null);
    expect(handling.take('1')).toBeUndefined();
  });

  it('leaves out what a browser slept, and keeps what the desk refused', () => {
    const handling = new Handling();
    handling.touch(0);
    handling.tick(0, '1');
    handling.tick(3_000, '1');
    handling.tick(50_000, '1');
    expect(handling.take('1')).toBe(3);
    handling.giveBack('1', 3);
    handling.tick(51_000, '1');
    expect(handling.take('1')).toBe(4);
  });
});
