// A desk in memory, for work on the widget: answers by itself, forgets everything on restart.
import { desk } from './catalog.js';

const PHRASE = /\b(?:[a-z]{3,8}[\s,]+){11,23}[a-z]{3,8}\b/i;
const IDENTIFIER =
  /\b(?:0x[0-9a-fA-F]{64}|0x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33}|[0-9a-f]{64})\b/g;
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const STEPS = {
  'zh-CN': {
    title: '请先保护资产',
    items: [
      '这个钱包已不再安全：不要再往里存入任何资产。',
      '在干净的设备上新建钱包，抄下新的助记词。',
      '立即把剩余资产转到新钱包。',
      '任何人向您索要助记词，都是骗子。',
    ],
  },
  en: {
    title: 'Protect your funds first',
    items: [
      'This wallet is no longer safe: do not put anything more into it.',
      'Create a new wallet on a clean device and write down its new phrase.',
      'Move what is left to the new wallet now.',
      'Whoever asks you for a phrase is a thief.',
    ],
  },
};

export class Desk {
  requests = new Map();
  receipts = new Map();
  uploads = new Map();
  clients = new Set();
  expected = { low_seconds: 480, high_seconds: 900 };
  agents = 2;
  place = 3;
  autoReply = true;
  #id = 7_300_000_000_000_000n;

  id() {
    this.#id += 7n;
    return String(this.#id);
  }

  describe() {
    const presence = this.agents
      ? { 'zh-CN': '客服在线', en: 'A person is here now' }
      : { 'zh-CN': '客服暂时不在，可以先留言。', en: 'Away right now. Leave a message.' };
    const { place, expected, agents } = this;
    const waiting = { count: place - 1, expected, agents_present: agents };
    const wait = (language) => ({ ...waiting, presence: presence[language] });
    const waits = { 'zh-CN': wait('zh-CN'), en: wait('en') };
    return { ...desk, waiting: { ...waiting, presence }, waits };
  }

  own(owner) {
    return [...this.requests.values()].filter((each) => each.owner === owner);
  }

  /** POST /requests and POST /requests/{number}/messages. */
  receive(owner, body, request) {
    const key = `${owner} ${body.client_id}`;
    const known = this.receipts.get(key);
    if (known) return { status: 200, receipt: known };
    const language = body.language ?? request?.summary.language ?? 'en';
    const open = this.own(owner).find((each) => ['open', 'waiting'].includes(each.summary.state));
    const joined = !request && body.join !== 'new' && Boolean(open) && !body.type;
    const target = request ?? (joined ? open : this.#create(owner, body, language));
    const secret = PHRASE.test(body.text);
    const text = body.text.replace(PHRASE, '⟦redacted:recovery_phrase:12⟧');
    const { summary } = target;
    if (secret) Object.assign(summary, { at_risk: true, urgency: 0 });
    summary.state = 'open';
    const entry = this.append(target, {
      kind: 'text',
      author: { kind: 'customer', id: owner },
      text,
      attachments: (body.attachments ?? []).map((id) => this.uploads.get(id)).filter(Boolean),
      client_id: body.client_id,
    });
    const zh = language === 'zh-CN';
    const receipt = {
      request_id: summary.id,
      number: summary.number,
      seq: entry.seq,
      link: `/t/${summary.number}/${Buffer.from(summary.id).toString('base64url')}`,
      joined,
      state: summary.state,
      at_risk: summary.at_risk,
      place: summary.at_risk ? 1 : this.place,
      expected: this.expected,
      next: {
        code: 'agent_answers',
        text: zh
          ? '客服会在这里回复您。您可以关闭此页面，回复会保留。'
          : 'A person answers here. You can close this page; the answer will wait for you.',
      },
      secret: secret ? { kinds: ['recovery_phrase'], steps: STEPS[zh ? 'zh-CN' : 'en'] } : null,
      head: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      received_at: entry.created_at,
    };
    this.receipts.set(key, receipt);
    if (this.autoReply) this.#answer(target, zh);
    return { status: 201, receipt };
  }

  append(target, partial) {
    const entry = {
      seq: target.entries.length + 1,
      text: null,
      erased: null,
      event: null,
      attachments: [],
      identifiers: [...(partial.text ?? '').matchAll(IDENTIFIER)].map(([value]) => ({
        kind: value.length > 45 ? 'transaction' : 'address',
        chain: null,
        value,
        checksum: null,
      })),
      created_at: new Date().toISOString(),
      ...partial,
    };
    target.entries.push(entry);
    Object.assign(target.summary, {
      last_seq: entry.seq,
      updated_at: entry.created_at,
      ...(entry.text && {
        last_entry: {
          seq: entry.seq,
          author_kind: entry.author.kind,
          text: entry.text.slice(0, 140),
        },
      }),
    });
    if (entry.author.kind === 'agent') target.summary.unread = (target.summary.unread ?? 0) + 1;
    this.tell(target, { t: 'entry', request: target.summary.id, entry });
    this.tell(target, { t: 'request', request: target.summary });
    return entry;
  }

  reply(target, text, more = {}) {
    target.summary.state = 'waiting';
    return this.append(target, {
      kind: 'text',
      author: { kind: 'agent', id: '11', name: '林晓' },
      text,
      ...more,
    });
  }

  tell(target, frame) {
    for (const client of this.clients) {
      if (client.owner !== target.owner) continue;
      if (frame.t === 'entry' && !client.followed.has(frame.request)) continue;
      client.send(frame);
    }
  }

  #create(owner, body, language) {
    const now = new Date().toISOString();
    const known = desk.types.find((each) => each.code === body.type);
    const digits = Array.from({ length: 10 }, () => ALPHABET[Math.floor(Math.random() * 31)]).join(
      '',
    );
    const summary = {
      id: this.id(),
      number: `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}`,
      subject: body.text.slice(0, 60),
      state: 'open',
      type: body.type ?? 'other',
      urgency: known?.urgency ?? 3,
      at_risk: known?.at_risk ?? false,
      channel: 'widget',
      language,
      customer: { id: '5', name: null, verified: false },
      team_id: null,
      assignee_id: null,
      chain: body.fields?.chain ?? null,
      created_at: now,
      updated_at: now,
      waiting_since: now,
      last_seq: 0,
      last_entry: null,
      tags: [],
      unread: 0,
    };
    const target = { owner, summary, entries: [], fields: body.fields, context: body.context };
    this.requests.set(summary.id, target);
    return target;
  }

  #answer(target, zh) {
    const id = target.summary.id;
    const author = { kind: 'agent', id: '11', name: '林晓' };
    const later = (ms, work) => setTimeout(work, ms).unref();
    later(1200, () =>
      this.tell(target, { t: 'read', request: id, by: 'agent', seq: target.entries.length }),
    );
    later(1800, () => this.tell(target, { t: 'typing', request: id, author, on: true }));
    later(4500, () => {
      this.tell(target, { t: 'typing', request: id, author, on: false });
      this.reply(
        target,
        zh
          ? '您好，我是林晓。请把转账的交易哈希发给我，我来核对它在链上的状态。'
          : 'Hello, I am Lin Xiao. Please send me the transaction hash, and I will check its state on the chain.',
      );
    });
  }
}
