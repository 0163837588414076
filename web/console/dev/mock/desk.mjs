import {
  AGENTS,
  entryOf,
  iso,
  longConversation,
  makeDesk,
  makeRequest,
  summaryOf,
} from './data.mjs';

/** The mock's state, and what changes it. Tells `tell(frame, request?)` what sockets should hear. */
export class MockDesk {
  constructor({ count, long = 0 }) {
    Object.assign(this, makeDesk({ count }));
    this.agents = AGENTS.map((agent) => ({ ...agent }));
    this.jobs = [
      {
        id: '9001',
        kind: 'mail.reply',
        attempts: 12,
        error: '450 4.2.1 mailbox temporarily unavailable (mx1.mail.example)',
        run_at: iso(Date.now() - 300e3),
      },
      {
        id: '9002',
        kind: 'webhook',
        attempts: 8,
        error: 'connect timeout after 3 s: hooks.partner.example',
        run_at: iso(Date.now() - 3600e3),
      },
    ];
    this.seen = new Map();
    this.viewing = new Map();
    this.uploads = new Map();
    this.feed = 1;
    this.tell = () => {};
    if (long) this.long = longConversation(this, long);
  }

  counts(me) {
    const active = [...this.requests.values()].filter((each) =>
      ['open', 'waiting', 'on_hold'].includes(each.state),
    );
    return {
      unassigned: active.filter((each) => each.assignee_id === null).length,
      mine: active.filter((each) => each.assignee_id === me).length,
      all: active.length,
      at_risk: active.filter((each) => each.at_risk).length,
    };
  }

  list(me, { view, q, type, team, cursor, limit }) {
    const wanted = q?.toLowerCase().replace(/[\s-]/g, '');
    const active = (each) => ['open', 'waiting', 'on_hold'].includes(each.state);
    const fits = (each) => {
      if (type && each.type !== type) return false;
      if (team && each.team_id !== team) return false;
      if (
        wanted &&
        !`${each.number}${each.customer.name ?? ''}${each.entries.map((entry) => entry.text ?? '').join('')}`
          .toLowerCase()
          .replace(/[\s-]/g, '')
          .includes(wanted)
      )
        return false;
      if (view === 'solved') return !active(each);
      if (!active(each)) return false;
      if (view === 'unassigned') return each.assignee_id === null;
      if (view === 'mine') return each.assignee_id === me;
      return view !== 'at_risk' || each.at_risk;
    };
    const since = (each) =>
      each.waiting_since ? Date.parse(each.waiting_since) : Number.MAX_SAFE_INTEGER;
    const byTime = (a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at);
    const order =
      view === 'solved'
        ? byTime
        : (a, b) => Number(b.at_risk) - Number(a.at_risk) || since(a) - since(b) || byTime(b, a);
    const all = [...this.requests.values()].filter(fits).sort((a, b) => order(a, b) || 0);
    const from = Number(cursor ?? 0);
    const to = from + Number(limit ?? 50);
    return {
      items: all.slice(from, to).map((each) => summaryOf(each)),
      next: to < all.length ? String(to) : null,
      counts: this.counts(me),
      feed: String(this.feed),
    };
  }

  add(request, kind, author, text, more = {}) {
    const entry = entryOf(request.entries.at(-1).seq + 1, kind, author, text, Date.now(), more);
    request.entries.push(entry);
    this.touch(request, entry);
    return entry;
  }

  touch(request, entry) {
    request.updated_at = iso(Date.now());
    this.feed += 1;
    if (entry) this.tell({ t: 'entry', request: request.id, entry }, request.id);
    this.tell({ t: 'request', request: summaryOf(request) }, request.id);
    this.tell({ t: 'inbox', feed: String(this.feed), items: [summaryOf(request)] });
  }

  event(request, agent, event) {
    return this.add(request, 'event', { kind: 'agent', id: agent.id, name: agent.name }, null, {
      event,
    });
  }

  customerWrites(request, text, more = {}) {
    request.state = 'open';
    request.waiting_since ??= iso(Date.now());
    return this.add(
      request,
      'text',
      { kind: 'customer', id: request.customer.id, name: request.customer.name },
      text,
      more,
    );
  }

  arrive(index = 0, more = {}) {
    const customers = [...this.customers.values()];
    const request = makeRequest({
      luck: this.luck,
      now: Date.now(),
      nextId: this.nextId,
      customer: this.luck.pick(customers),
      age: 0,
      index,
    });
    Object.assign(request, {
      created_at: iso(Date.now()),
      updated_at: iso(Date.now()),
      waiting_since: iso(Date.now()),
      state: 'open',
      assignee_id: null,
    });
    Object.assign(request, more);
    request.entries = request.entries.slice(0, 1);
    request.entries[0].created_at = iso(Date.now());
    this.requests.set(request.id, request);
    this.touch(request);
    return request;
  }
}
