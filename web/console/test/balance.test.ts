import { describe, expect, it } from 'vitest';
import { balanceOf } from '../src/insight/balance';
import { signedCount } from '../src/plots/figure';

describe('what flows of a whole period', () => {
  it('come to a difference, which has a sign', () => {
    const found = balanceOf({ flow: { before: 12, opened: 823, closed: 794, after: 41 } });
    expect(found).toEqual({
      opened: 823,
      closed: 794,
      difference: 29,
      open: { before: 12, after: 41 },
    });
    expect(signedCount(29, 'en')).toBe('+29');
    expect(signedCount(-1_645, 'en')).toBe('−1,645');
    expect(signedCount(0, 'zh-CN')).toBe('0');
    expect(signedCount(-0.4, 'en')).toBe('0');
  });

  it('say of what was open only what is known at both ends', () => {
    expect(balanceOf({ flow: { opened: 3, closed: 7 } })).toMatchObject({
      difference: -4,
      open: null,
    });
    expect(balanceOf({ flow: { before: 0, opened: 0, closed: 0, after: 0 } })?.open).toEqual({
      before: 0,
      after: 0,
    });
    expect(balanceOf({})).toBeNull();
  });
});
