import { CHAINS, FIELDS, FIRST, FOLLOW, NAMES, NOTES, REPLIES, TYPES } from './sentences.mjs';

/** A small repeatable source of chance (mulberry32): every start shows the same desk. */
export function chance(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    pick: (list) => list[Math.floor(next() * list.length)],
    below: (limit) => Math.floor(next() * limit),
    hex: (length) =>
      Array.from({ length }, () => '0123456789abcdef'[Math.floor(next() * 16)]).join(''),
  };
}

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export const TEAMS = [
  { id: '501', name: '钱包组 Wallet' },
  { id: '502', name: '安全组 Security' },
  { id: '503', name: '交易组 Trading' },
];

export const AGENTS = [
  {
    id: '101',
    name: '林晓',
    email: 'lin@desk.example',
    role: 'agent',
    teams: ['501'],
    status: 'online',
    disabled: false,
  },
  {
    id: '102',
    name: 'Sofia Marin',
    email: 'sofia@desk.example',
    role: 'lead',
    teams: ['501', '502'],
    status: 'online',
    disabled: false,
  },
  {
    id: '103',
    name: '何俊',
    email: 'he@desk.example',
    role: 'agent',
    teams: ['503'],
    status: 'away',
    disabled: false,
  },
  {
    id: '104',
    name: 'Daniel Cho',
    email: 'daniel@desk.example',
    role: 'agent',
    teams: ['502'],
    status: 'offline',
    disabled: false,
  },
  {
    id: '105',
    name: 'Iris Vogel',
    email: 'analyst@desk.example',
    role: 'analyst',
    teams: [],
    status: 'offline',
    disabled: false,
  },
  {
    id: '106',
    name: '周雅',
    email: 'admin@desk.example',
    role: 'admin',
    teams: ['501'],
    status: 'online',
    disabled: false,
  },
  {
    id: '107',
    name: 'Old Colleague',
    email: 'old@desk.example',
    role: 'agent',
    teams: [],
    status: 'offline',
    disabled: true,
  },
];

export function deskOf() {
  const titles = (zh, en) => ({ 'zh-CN': zh, en });
  return {
    name: 'Lantern Wallet',
    languages: ['zh-CN', 'en'],
    types: TYPES.map(([code, urgency, at_risk, zh, en, fields]) => ({
      code,
      urgency,
      at_risk,
      title: titles(zh, en),
      fields,
    })),
    fields: FIELDS.map(([code, zh, en, kind]) => ({
      code,
      kind,
      title: titles(zh, en),
      hint: titles('', ''),
    })),
    limits: {
      text_bytes: 16384,
      upload_bytes: 10_000_000,
      text_upload_bytes: 5_000_000,
      uploads_per_message: 6,
      media_types: [
        'image/*',
        'text/plain',
        'application/pdf',
        'application/json',
        'application/zip',
      ],
    },
    waiting: {
      count: 12,
      expected: { low_seconds: 240, high_seconds: 720 },
      agents_present: 4,
      presence: titles('客服在线', 'A person is here now'),
    },
    opening: { 'zh-CN': null, en: null },
    safety_line: titles('客服绝不会索要您的助记词。', 'We never ask for your recovery phrase.'),
  };
}

export function makeDesk({ count = 3000, now = Date.now(), seed = 7 } = {}) {
  const luck = chance(seed);
  let ids = 7_301_000_000_000_000n;
  const nextId = () => String((ids += BigInt(1 + luck.below(9000))));
  const requests = new Map();
  const customers = new Map();
  const people = Array.from({ length: Math.max(1, Math.floor(count / 3)) }, () => {
    const language = luck.next() < 0.65 ? 'zh-CN' : 'en';
    const name = luck.pick(NAMES[language]);
    const customer = {
      id: nextId(),
      name,
      verified: name !== null && luck.next() < 0.5,
      email: luck.next() < 0.2 ? 'someone@mail.example' : null,
      language,
      created_at: iso(now - 90 * 864e5),
    };
    customers.set(customer.id, customer);
    return customer;
  });
  for (let index = 0; index < count; index += 1) {
    const request = makeRequest({
      luck,
      now,
      nextId,
      customer: luck.pick(people),
      age: index < 140 ? luck.below(9 * 3600e3) : luck.below(90) * 864e5 + luck.below(864e5),
      index,
    });
    requests.set(request.id, request);
  }
  return { requests, customers, luck, nextId };
}

export function iso(at) {
  return new Date(at).toISOString();
}

export function numberOf(luck) {
  return Array.from({ length: 10 }, () => luck.pick([...ALPHABET])).join('');
}

/** An address or a hash as the chain writes it. */
function valueOf(luck, chain, kind) {
  const base58 = (length) => Array.from({ length }, () => luck.pick([...BASE58])).join('');
  if (kind === 'transaction')
    return chain === 'sol'
      ? base58(88)
      : chain === 'tron' || chain === 'btc'
        ? luck.hex(64)
        : `0x${luck.hex(64)}`;
  if (chain === 'tron') return `T${base58(33)}`;
  if (chain === 'btc') return `bc1q${base58(38).toLowerCase()}`;
  return chain === 'sol' ? base58(44) : `0x${luck.hex(40)}`;
}

function fill(text, luck, chain, found) {
  const address = valueOf(luck, chain, 'address');
  const tx = valueOf(luck, chain, 'transaction');
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    if (name === 'amount') return String(100 + luck.below(20000));
    const value = name === 'address' ? address : tx;
    found.push({
      kind: name === 'address' ? 'address' : 'transaction',
      chain: chain ?? 'eth',
      value,
      checksum: luck.next() < 0.06 ? 'wrong' : 'valid',
    });
    return value;
  });
}

export function entryOf(seq, kind, author, text, at, more = {}) {
  return {
    seq,
    kind,
    author,
    text,
    erased: null,
    event: null,
    attachments: [],
    identifiers: [],
    created_at: iso(at),
    client_id: null,
    ...more,
  };
}

export function makeRequest({ luck, now, nextId, customer, age, index }) {
  const { language } = customer;
  const type = luck.next() < 0.09 ? luck.pick(TYPES.slice(0, 3)) : luck.pick(TYPES.slice(3));
  const [code, urgency, typeAtRisk] = type;
  const chain = code === 'tron-perm' ? 'tron' : luck.pick(CHAINS);
  const created = now - age - 60_000;
  const found = [];
  const text = fill(luck.pick(FIRST[language][code]), luck, chain, found);
  const author = { kind: 'customer', id: customer.id, name: customer.name };
  const entries = [entryOf(1, 'text', author, text, created, { identifiers: found })];
  if (luck.next() < 0.12) {
    entries[0].attachments = [
      {
        id: `pic${nextId()}`,
        name: language === 'en' ? 'screenshot-2026-11-21.png' : '截图_20261121.png',
        media_type: 'image/png',
        size: 184_000,
        picture: true,
      },
      ...(luck.next() < 0.4
        ? [
            {
              id: `log${nextId()}`,
              name: 'wallet.log',
              media_type: 'text/plain',
              size: 48_211,
              picture: false,
            },
          ]
        : []),
    ];
  }
  const assignee = age > 864e5 || luck.next() < 0.6 ? luck.pick(AGENTS.slice(0, 4)) : null;
  let at = created;
  const push = (kind, who, body, more) => {
    at += 60_000 + luck.below(Math.max(60_000, Math.min(age / 8, 3600e3)));
    if (at < now - 5_000) entries.push(entryOf(entries.length + 1, kind, who, body, at, more));
  };
  if (assignee) {
    const agent = { kind: 'agent', id: assignee.id, name: assignee.name };
    push('event', agent, null, { event: { type: 'assigned', agent_id: assignee.id } });
    const turns = index === 3 ? 0 : luck.below(4);
    for (let turn = 0; turn < turns; turn += 1) {
      if (luck.next() < 0.25) push('note', agent, luck.pick(NOTES[language]));
      push('text', agent, fill(luck.pick(REPLIES[language]), luck, chain, []));
      if (luck.next() < 0.7) push('text', author, luck.pick(FOLLOW[language]));
    }
  }
  const last = entries.findLast((entry) => entry.kind === 'text');
  let state = last.author.kind === 'customer' ? 'open' : 'waiting';
  if (age > 2 * 864e5 || luck.next() < 0.1) {
    state = age > 20 * 864e5 ? 'closed' : 'solved';
    push('event', { kind: 'agent', id: '102', name: 'Sofia Marin' }, null, {
      event: { type: 'state', from: 'open', to: state },
    });
  } else if (luck.next() < 0.06) state = 'on_hold';
  const request = {
    id: nextId(),
    number: numberOf(luck),
    subject: text.slice(0, 80),
    state,
    type: code,
    urgency,
    at_risk: typeAtRisk,
    channel: luck.pick(['widget', 'widget', 'web', 'api']),
    language,
    customer: { id: customer.id, name: customer.name, verified: customer.verified },
    team_id: luck.pick(['501', '502', '503', null]),
    assignee_id: assignee?.id ?? null,
    chain,
    created_at: iso(created),
    updated_at: entries.at(-1).created_at,
    waiting_since: state === 'open' ? iso(waitingSince(entries)) : null,
    tags:
      luck.next() < 0.3
        ? [luck.pick(['usdt', 'vip', 'ios', 'android', '钓鱼', 'refund', '误操作'])]
        : [],
    entries,
    fields: Object.fromEntries(
      type[5].slice(0, 2).map((field) => [
        field,
        {
          chain: chain ?? 'eth',
          transaction: valueOf(luck, chain, 'transaction'),
          address: valueOf(luck, chain, 'address'),
          app_version: '2.1.4',
          device: 'iPhone 15',
        }[field],
      ]),
    ),
    context: {
      app_version: '2.1.4 (20114)',
      device: luck.pick(['iPhone 15', 'HUAWEI P60', 'Pixel 8']),
      platform: luck.pick(['iOS 18.1', 'HarmonyOS 4.2', 'Android 15']),
      language,
    },
    identifiers: found,
    merged_into: null,
    reopen_count: luck.next() < 0.1 ? 1 : 0,
    follow_up_count: luck.below(3),
    link: '/t/K7M39QX24J/abcdefghijklmnopqrstuv',
    read_seq_customer: Math.max(0, entries.length - luck.below(2)),
    read_seq_agents: {},
  };
  return request;
}

export function waitingSince(entries) {
  let since = Date.parse(entries[0].created_at);
  for (const entry of entries)
    if (entry.kind === 'text' && entry.author.kind === 'agent') since = null;
    else if (entry.kind === 'text' && since === null) since = Date.parse(entry.created_at);
  return since ?? Date.parse(entries.at(-1).created_at);
}

export function summaryOf(request) {
  const {
    entries,
    fields: _fields,
    context: _context,
    identifiers: _identifiers,
    merged_into: _into,
    reopen_count: _r,
    follow_up_count: _f,
    link: _l,
    read_seq_customer: _c,
    read_seq_agents: _a,
    ...summary
  } = request;
  const last = entries.findLast((entry) => entry.kind === 'text') ?? entries.at(-1);
  return {
    ...summary,
    last_seq: entries.at(-1).seq,
    last_entry: {
      seq: last.seq,
      author_kind: last.author.kind,
      text: (last.text ?? '').slice(0, 140),
    },
  };
}

export function longConversation(desk, size) {
  const request =
    [...desk.requests.values()].find((each) => each.state === 'open' && each.at_risk) ??
    [...desk.requests.values()][0];
  const { luck } = desk;
  const { language } = request;
  const first = Date.parse(request.created_at);
  request.entries = request.entries.slice(0, 1);
  request.entries[0].created_at = iso(first - size * 600e3);
  for (let seq = 2; seq <= size; seq += 1) {
    const at = first - (size - seq) * 600e3;
    const agent = AGENTS[luck.below(3)];
    const author =
      seq % 3 === 0
        ? { kind: 'agent', id: agent.id, name: agent.name }
        : { kind: 'customer', id: request.customer.id, name: request.customer.name };
    const text = seq % 3 === 0 ? luck.pick(REPLIES[language]) : luck.pick(FOLLOW[language]);
    request.entries.push(
      entryOf(
        seq,
        seq % 41 === 0 ? 'note' : 'text',
        seq % 41 === 0 ? { kind: 'agent', id: agent.id, name: agent.name } : author,
        `${seq}. ${text}`,
        at,
      ),
    );
  }
  request.entries.at(-1).author = {
    kind: 'customer',
    id: request.customer.id,
    name: request.customer.name,
  };
  request.entries.at(-1).kind = 'text';
  request.updated_at = request.entries.at(-1).created_at;
  request.waiting_since = request.updated_at;
  return request;
}
