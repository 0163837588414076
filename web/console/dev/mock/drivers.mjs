import { iso } from './data.mjs';

/** Events, active users and machine tokens of a made-up desk. */
const DAY = 86_400_000;
const day = (ago) => iso(Date.now() - ago * DAY).slice(0, 10);
const problem = (status, code, detail, more = {}) => [
  status,
  { type: `/docs/problems/${code}`, code, title: detail, status, detail, ...more },
];

function event(id, kind, title, ago, more = {}) {
  const { hours, ...rest } = more;
  const starts = Date.now() - ago * DAY;
  return {
    id,
    kind,
    title,
    note: '',
    starts_at: iso(starts),
    ends_at: hours ? iso(starts + hours * 3_600_000) : null,
    scope: {},
    source: 'person',
    external_id: null,
    agent_id: null,
    created_at: iso(starts),
    updated_at: iso(starts),
    ...rest,
  };
}

export class MockDrivers {
  constructor(agents) {
    const by = agents.find((agent) => agent.role === 'analyst')?.id ?? agents[0].id;
    this.drivers = [
      event('9', 'fork', 'BNB Chain 计划升级', -6, {
        hours: 72,
        scope: { chain: ['bnb chain'] },
        agent_id: by,
      }),
      event('8', 'release', 'Harbor Wallet 2.17.0', 10, {
        note: 'Hardware wallets by Bluetooth.',
        scope: { app_version: ['2.17.0'] },
        source: 'api',
        external_id: 'release:2.17.0',
      }),
      event('7', 'incident', 'Phishing site ran search ads', 16, {
        hours: 20,
        note: 'A copy of our download page. Taken down after 20 hours.',
        scope: { type: ['impersonation', 'theft', 'leak'] },
        source: 'webhook',
        external_id: 'inc-74',
      }),
      event('6', 'article', '帮助文章：TRON 转账为什么要能量', 29, {
        scope: { type: ['fee'] },
        agent_id: by,
      }),
      event('5', 'webinar', '直播课：看懂授权与签名', 32, { hours: 1.5, agent_id: by }),
      event('4', 'release', 'Harbor Wallet 2.16.0', 38, {
        scope: { app_version: ['2.16.0'], platform: ['android', 'ios'] },
        source: 'api',
        external_id: 'release:2.16.0',
      }),
      event(
        '3',
        'campaign',
        'Autumn referral campaign, with a title that goes on and on because somebody in marketing put everything into it',
        50,
        {
          hours: 168,
          scope: { region: ['IN', 'NG', 'VN', 'MY', 'SG'] },
          agent_id: by,
        },
      ),
      event('2', 'fork', '以太坊网络升级', 49, {
        hours: 2,
        scope: { chain: ['ethereum'] },
        agent_id: by,
      }),
      event('1', 'price', 'ETH 两天内下跌 14%', 67, {
        hours: 44,
        note: '链上拥堵，矿工费一度涨到平时的六倍。',
        agent_id: by,
      }),
    ];
    this.tokens = [
      token('2', 'Data warehouse', 'bearer', ['active_users'], by, 20, 0.02),
      token('1', '发布流水线', 'webhook', ['drivers'], by, 60, null),
    ];
    this.empty = false;
  }

  answer(method, path, body) {
    const [, , noun, id] = path.split('/');
    if (noun === 'drivers') return this.driver(method, id, body);
    if (noun === 'active-users') return this.active(method, id, body);
    return this.token(method, id, body);
  }

  driver(method, id, body) {
    if (method === 'GET') return [200, { items: this.empty ? [] : this.drivers }];
    const wish = body?.driver ?? body;
    if (wish?.scope?.type?.some((code) => !/^[a-z_]+$/.test(code)))
      return problem(422, 'invalid', 'scope', { field: 'scope', reason: 'malformed' });
    if (method === 'DELETE') {
      this.drivers = this.drivers.filter((each) => each.id !== id);
      return [204, null];
    }
    const known = this.drivers.find((each) => each.id === id);
    if (known) return [200, Object.assign(known, wish)];
    const added = event(String(Date.now()), wish.kind, wish.title, 0, wish);
    this.drivers = [...this.drivers, added].toSorted((a, b) =>
      b.starts_at.localeCompare(a.starts_at),
    );
    return [201, added];
  }

  active(method, id, body) {
    if (method === 'POST') {
      const text = String(body ?? '');
      if (/x\b/.test(text))
        return problem(422, 'invalid_table', 'faults', {
          faults: [
            { row: 3, column: 'users', reason: 'malformed' },
            { row: 7, column: 'day', reason: 'malformed' },
            { row: 9, column: null, reason: 'duplicate' },
          ],
        });
      const changes = Array.from({ length: 30 }, (_, at) => ({
        day: day(3 - (at % 3)),
        app_version: '2.17.0',
        region: ['SG', 'US', 'CN'][at % 3],
        platform: 'ios',
        before: at % 2 ? 1_200 + at : null,
        after: 1_300 + at,
      }));
      return [
        200,
        {
          rows: 312,
          days: 3,
          from: day(3),
          until: day(1),
          added: 15,
          changed: 15,
          removed: 0,
          unchanged: 282,
          changes,
        },
      ];
    }
    if (id) {
      const split = ['2.17.0', '2.16.3', '2.16.1'].flatMap((version, at) =>
        ['CN', 'US', 'IN', 'SG', 'HK'].map((region) => ({
          app_version: version,
          region,
          platform: region === 'CN' ? 'harmonyos' : 'ios',
          users: 9_000 - at * 2_500,
        })),
      );
      return [200, { items: split }];
    }
    const items = Array.from({ length: 90 }, (_, at) => {
      const ago = 89 - at;
      const known = !this.empty && ago < 60 && ago !== 20 && ago !== 21 && ago !== 35;
      const users = Math.round(40_000 + at * 170 + 900 * Math.sin(at / 1.1));
      const total = (source, count) => ({
        source,
        users: count,
        rows: 90,
        updated_at: iso(Date.now() - ago * DAY),
      });
      return {
        day: day(ago),
        counted: known ? total(ago === 0 ? 'ping' : 'csv', ago === 0 ? 21_040 : users) : null,
        left_out: ago === 1 ? [total('ping', users - 1_310)] : [],
      };
    });
    return [200, { items, ping: true }];
  }

  token(method, id, body) {
    if (method === 'GET') return [200, { items: this.empty ? [] : this.tokens }];
    if (method === 'DELETE') {
      this.tokens.find((each) => each.id === id).revoked_at = iso(Date.now());
      return [204, null];
    }
    const added = token(
      String(Date.now()),
      body.name,
      body.kind,
      body.scopes,
      this.tokens[0].created_by,
      0,
      null,
    );
    this.tokens = [added, ...this.tokens];
    return [201, { token: added, secret: 'sft_Jt0mQ9cV0y5uJm3s6x1p7Wq8rZk2LhTn4BvXeYdGaFo' }];
  }
}

function token(id, name, kind, scopes, by, ago, used) {
  return {
    id,
    name,
    kind,
    scopes,
    created_by: by,
    created_at: iso(Date.now() - ago * DAY),
    used_at: used === null ? null : iso(Date.now() - used * DAY),
    revoked_at: null,
  };
}
