import { Counted } from './insight.mjs';
import { deskOf, iso, summaryOf, TEAMS } from './data.mjs';
import { MockDrivers } from './drivers.mjs';

/** The console's part of /api/v1 over a MockDesk. Each answer: [status, body]. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAGAAAABgCAIAAABt+uBvAAAAiklEQVR42u3QQREAAAQAMC0l8BNMYxsZ7jYFlr0aLHKFCBIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJAgQYIECRIkSJCgfwt2vkKQnKyfzwAAAABJRU5ErkJggg==',
  'base64',
);
const SECRET =
  /(发|给|send|give|tell|provide).{0,12}(助记词|私钥|recovery phrase|seed phrase|private key)/i;

export function problem(status, code, title, more = {}) {
  return [status, { type: `/docs/problems/${code}`, code, title, status, detail: title, ...more }];
}

export class MockApi {
  constructor(desk) {
    this.desk = desk;
    this.drivers = new MockDrivers(desk.agents);
    this.sessions = new Map();
    /** Faults for looking at: { fail: /regexp/, delay: ms, outdated: true } */
    this.faults = {};
  }

  agentOf(cookie) {
    const id = /desk=(\d+)/.exec(cookie ?? '')?.[1];
    return this.desk.agents.find((agent) => agent.id === id && !agent.disabled) ?? null;
  }

  /** `path` is behind /api/v1; returns [status, body, headers?]. */
  answer(method, path, query, body, cookie) {
    const agent = this.agentOf(cookie);
    if (path === '/desk') return [200, deskOf()];
    if (path === '/session' && method === 'POST') return this.signIn(body);
    if (!agent) return problem(401, 'signed_out', 'Sign in first.');
    if (path === '/session')
      return method === 'DELETE'
        ? [204, null, { 'Set-Cookie': 'desk=; Path=/; Max-Age=0' }]
        : [200, { agent }];
    if (path === '/live/ticket')
      return [200, { ticket: agent.id, expires_at: iso(Date.now() + 60e3) }];
    if (path.startsWith('/uploads')) return this.upload(query, body);
    if (path.startsWith('/attachments/'))
      return path.includes('pic') || this.desk.uploads.get(path.slice(13))?.picture
        ? [200, PICTURE, { 'Content-Type': 'image/png' }]
        : [
            200,
            Buffer.from('log\n'),
            { 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment' },
          ];
    if (path.startsWith('/console/insight/')) return this.insight(path, body, agent);
    if (path === '/console/inbox') return [200, this.desk.list(agent.id, query)];
    if (path === '/console/agents')
      return method === 'POST' ? this.addAgent(body) : [200, { items: this.desk.agents }];
    if (path.startsWith('/console/agents/')) return this.changeAgent(path.split('/')[3], body);
    if (path === '/console/teams') return [200, { items: TEAMS }];
    if (path === '/console/jobs/dead') return [200, { items: this.desk.jobs }];
    if (path.startsWith('/console/jobs/')) {
      this.desk.jobs = this.desk.jobs.filter((job) => job.id !== path.split('/')[3]);
      return [204, null];
    }
    if (/^\/console\/(drivers|active-users|tokens)/.test(path))
      return this.drivers.answer(method, path, body);
    if (path.startsWith('/console/customers/')) return [200, this.customer(path.split('/')[3])];
    const [, id, rest = ''] = /^\/console\/requests\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
    const request = this.desk.requests.get(id);
    if (!request) return problem(404, 'not_found', 'There is no such request.');
    return method === 'GET'
      ? this.read(request, rest, query)
      : this.write(request, rest, body, agent);
  }

  insight(path, body, agent) {
    if (agent.role === 'agent') return problem(403, 'forbidden', 'Your role may not see this.');
    this.counted ??= new Counted(this.desk);
    if (path.endsWith('/catalogue')) return [200, this.counted.catalogue()];
    if (path.endsWith('/query')) return [200, this.counted.query(body)];
    if (path.endsWith('/rows')) return [200, this.counted.rows(body)];
    return problem(404, 'not_found', 'There is nothing here.');
  }

  signIn({ email, password }) {
    const agent = this.desk.agents.find((each) => each.email === email);
    if (!agent || password !== 'standfast')
      return problem(401, 'wrong_credentials', 'E-mail and password do not match.');
    return [200, { agent }, { 'Set-Cookie': `desk=${agent.id}; Path=/; SameSite=Strict` }];
  }

  upload(query, body) {
    const id = this.desk.nextId();
    const name = query.name ?? 'file';
    const picture = /\.(png|jpe?g|gif|webp)$/i.test(name);
    const file = {
      id,
      name,
      media_type: picture ? 'image/png' : 'text/plain',
      size: body?.length ?? 0,
      picture,
    };
    this.desk.uploads.set(id, file);
    return [201, file];
  }

  addAgent(body) {
    if (this.desk.agents.some((agent) => agent.email === body.email))
      return problem(409, 'email_taken', 'Somebody with this e-mail is already here.');
    const agent = {
      id: this.desk.nextId(),
      name: body.name,
      email: body.email,
      role: body.role,
      teams: [],
      status: 'offline',
      disabled: false,
    };
    this.desk.agents.push(agent);
    return [201, agent];
  }

  changeAgent(id, body) {
    const agent = this.desk.agents.find((each) => each.id === id);
    if (!agent) return problem(404, 'not_found', 'There is no such agent.');
    Object.assign(agent, body);
    return [200, agent];
  }

  customer(id) {
    const { language: _, ...customer } = this.desk.customers.get(id);
    const requests = [...this.desk.requests.values()]
      .filter((each) => each.customer.id === id)
      .map((each) => summaryOf(each));
    return { ...customer, requests };
  }

  read(request, rest, query) {
    if (rest === '') {
      const { entries, ...detail } = request;
      const page = entries.slice(-100);
      return [
        200,
        {
          request: { ...summaryOf(request), ...detail },
          entries: page,
          more_before: entries.length > 100,
          customer: this.customer(request.customer.id),
          viewers: this.viewers(request.id),
        },
      ];
    }
    const limit = Number(query.limit ?? 100);
    const found = query.before
      ? request.entries.filter((entry) => entry.seq < Number(query.before))
      : request.entries.filter((entry) => entry.seq > Number(query.after ?? 0));
    return [
      200,
      {
        entries: query.before ? found.slice(-limit) : found.slice(0, limit),
        more: found.length > limit,
      },
    ];
  }

  viewers(id) {
    return [...this.desk.viewing.values()]
      .filter((each) => each.request === id)
      .map(({ agent, typing }) => ({ id: agent.id, name: agent.name, typing: Boolean(typing) }));
  }

  write(request, rest, body, agent) {
    if (agent.role === 'analyst')
      return problem(403, 'forbidden', 'Your role cannot change requests.');
    const done = () => [204, null];
    switch (rest) {
      case 'reply':
      case 'notes':
        return this.say(request, rest === 'notes' ? 'note' : 'text', body, agent);
      case 'assign':
        if ('agent_id' in body) request.assignee_id = body.agent_id;
        if ('team_id' in body) request.team_id = body.team_id;
        this.desk.event(request, agent, { type: 'assigned', ...body });
        return done();
      case 'type': {
        const before = request.type;
        request.type = body.type;
        this.desk.event(request, agent, { type: 'retyped', from: before, to: body.type });
        return done();
      }
      case 'tags':
        request.tags = [...request.tags.filter((tag) => !body.remove.includes(tag)), ...body.add];
        this.desk.touch(request);
        return done();
      case 'transition': {
        const to = {
          solve: 'solved',
          close: 'closed',
          reopen: 'open',
          hold: 'on_hold',
          spam: 'spam',
          not_spam: 'open',
        }[body.transition];
        request.state = to;
        request.waiting_since = to === 'open' ? iso(Date.now()) : null;
        this.desk.event(request, agent, { type: 'state', to });
        return done();
      }
      case 'merge': {
        const into = [...this.desk.requests.values()].find(
          (each) => each.number === body.into.replace(/-/g, ''),
        );
        if (!into) return problem(404, 'not_found', 'There is no such request.');
        request.state = 'merged';
        request.merged_into = into.number;
        this.desk.event(request, agent, { type: 'merged_into', number: into.number });
        return done();
      }
      case 'erase': {
        const entry = request.entries.find((each) => each.seq === body.seq);
        Object.assign(entry, {
          text: null,
          attachments: [],
          identifiers: [],
          erased: { at: iso(Date.now()), reason: body.reason },
        });
        this.desk.tell({ t: 'erased', request: request.id, seq: entry.seq, entry }, request.id);
        this.desk.event(request, agent, { type: 'erased', seq: entry.seq });
        return done();
      }
      case 'read':
        request.read_seq_agents[agent.id] = body.seq;
        return done();
      default:
        return problem(404, 'not_found', 'There is no such thing.');
    }
  }

  say(request, kind, body, agent) {
    const known = this.desk.seen.get(body.client_id);
    if (known) return [200, known];
    if (SECRET.test(body.text))
      return problem(
        422,
        'asks_for_secret',
        'The message asks for a recovery phrase or a private key. Nobody at this desk may do that.',
      );
    if (kind === 'text' && this.faults.outdated) {
      this.faults.outdated = false;
      this.desk.customerWrites(
        request,
        request.language === 'en'
          ? 'Wait, I found the transaction, it went to another address!'
          : '等一下，我找到了，是转到另外一个地址去了！',
      );
    }
    if (kind === 'text') {
      const missed = request.entries.filter(
        (entry) => entry.seq > body.seen_seq && entry.author.id !== agent.id,
      );
      if (missed.length > 0)
        return problem(409, 'outdated_view', 'There are new messages.', {
          missed,
          last_seq: request.entries.at(-1).seq,
        });
      request.state = body.then ?? 'waiting';
      if (request.state !== 'open') request.waiting_since = null;
    }
    const attachments = (body.attachments ?? [])
      .map((id) => this.desk.uploads.get(id))
      .filter(Boolean);
    const entry = this.desk.add(
      request,
      kind,
      { kind: 'agent', id: agent.id, name: agent.name },
      body.text,
      { client_id: body.client_id, attachments },
    );
    const receipt = { seq: entry.seq, request_id: request.id };
    this.desk.seen.set(body.client_id, receipt);
    return [201, receipt];
  }
}
