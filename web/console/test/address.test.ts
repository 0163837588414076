import { describe, expect, it } from 'vitest';
import {
  deskPlace,
  DRIVERS,
  INSIGHT_PAGES,
  insightPlace,
  isRequestId,
  movedTo,
  readAddress,
  requestNumber,
  SETTINGS,
  spokenNumber,
  VIEWS,
  writeAddress,
} from '../src/routing/address';
import { linkParts } from '../src/actions/link';
import { matches } from '../src/actions/match';

describe('addresses', () => {
  it('lead back to their place', () => {
    const places = [
      ...VIEWS.map((view) => deskPlace(view)),
      deskPlace('at_risk', '7301000000000123'),
      deskPlace('all', null, { q: '被盗 & more', type: 'theft', team: '501' }),
      ...SETTINGS.map((section) => ({ room: 'settings', section }) as const),
      ...DRIVERS.map((section) => ({ room: 'drivers', section }) as const),
      { room: 'feedback', section: 'open' } as const,
      { room: 'feedback', section: 'done' } as const,
      ...INSIGHT_PAGES.map((page) => insightPlace(page, 'period=7d&where=type%2Ctheft')),
      insightPlace(),
    ];
    for (const place of places) {
      const url = new URL(writeAddress(place), 'https://desk.example');
      expect(readAddress(url.pathname, url.search)).toEqual(place);
    }
  });

  it("never fail on a stranger's address", () => {
    for (const path of ['/console', '/console/', '/console/nowhere', '/console/%E0%A4%A', '/']) {
      expect(readAddress(path)).toMatchObject({ room: 'desk', view: 'unassigned', request: null });
    }
  });
});

describe('an address that names nothing', () => {
  it('is told, with the place that is the nearest, and stays as it was typed', () => {
    for (const [path, search, near] of [
      ['/console/insight/nonsense', '?period=7d', { room: 'insight', page: 'overview' }],
      ['/console/insight/versions', '', { room: 'insight' }],
      ['/console/nowhere', '', { room: 'desk', view: 'unassigned' }],
      ['/console/settings/nonsense', '', { room: 'settings', section: 'agents' }],
      ['/console/constructor', '', { room: 'desk' }],
    ] as const) {
      const place = readAddress(path, search);
      expect(place).toMatchObject({ ...near, lost: path + search });
      expect(writeAddress(place)).toBe(path + search);
    }
  });

  it('leads to what has its place elsewhere', () => {
    for (const path of ['/console/insight/drivers', '/console/insight/events/']) {
      const place = readAddress(path, '?period=7d');
      expect(place).toEqual({ room: 'drivers', section: 'events' });
      expect(movedTo(path)).toEqual(place);
      expect(writeAddress(place)).toBe('/console/drivers/events');
    }
    expect(movedTo('/console/insight/types')).toBeNull();
    expect(movedTo('/console/drivers/events')).toBeNull();
  });

  it('is none that leaves something out, or names a request', () => {
    for (const path of [
      '/console',
      '/console/',
      '/console/insight',
      '/console/settings',
      '/console/wallboard',
      '/console/at-risk/7301000000000123',
    ])
      expect(readAddress(path).lost, path).toBeUndefined();
  });
});

describe('request numbers', () => {
  it('are recognised as people type them', () => {
    expect(requestNumber(' k7m-39q-x24j ')).toBe('K7M39QX24J');
    expect(requestNumber('K7M 39Q X24J')).toBe('K7M39QX24J');
    expect(requestNumber('K7M39QX24')).toBeNull();
    expect(requestNumber('K7M39QX2O0')).toBeNull();
  });

  it('are shown in groups', () => {
    expect(spokenNumber('K7M39QX24J')).toBe('K7M-39Q-X24J');
    expect(spokenNumber('K7M-39Q-X24J')).toBe('K7M-39Q-X24J');
    expect(spokenNumber('')).toBe('');
  });
});

describe("links in users' texts", () => {
  it('show where they really lead', () => {
    expect(linkParts('https://аpple.com/a')).toMatchObject({
      host: 'xn--pple-43d.com',
      punycode: true,
      shown: 'аpple.com',
    });
    expect(linkParts('https://official.example@evil.example/x')).toMatchObject({
      host: 'evil.example',
      credentials: true,
    });
    expect(linkParts('https://tronscan.org/#/tx')).toMatchObject({
      host: 'tronscan.org',
      punycode: false,
      credentials: false,
    });
  });

  it('are web addresses or nothing', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'https://', 'plain'])
      expect(linkParts(text)).toBeNull();
  });
});

describe('matching', () => {
  it('wants every word, in any case and width', () => {
    expect(matches('Mark as Solved', 'solv MARK')).toBe(true);
    expect(matches('标记为已解决', '解决')).toBe(true);
    expect(matches('ＵＳＤＴ 转账', 'usdt')).toBe(true);
    expect(matches('Mark as solved', 'spam')).toBe(false);
  });
});

describe('a request in the address', () => {
  it('is an id only when it fits into 64 bits', () => {
    expect(['1', '7123456789012345678', '9223372036854775807'].every(isRequestId)).toBe(true);
    expect(
      ['', '0', '-1', 'abc', '1a', '01', '9223372036854775808', '1'.repeat(30)].some(isRequestId),
    ).toBe(false);
  });
});
