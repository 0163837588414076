import { WebSocketServer } from 'ws';

/** The agents' side of the live protocol over a MockDesk. */
export class MockLive {
  constructor(desk, api) {
    this.desk = desk;
    this.api = api;
    this.refusing = false;
    this.sockets = new Map();
    this.server = new WebSocketServer({ noServer: true });
    desk.tell = (frame, request) => this.tell(frame, request);
  }

  upgrade(request, socket, head) {
    if (this.refusing) {
      socket.destroy();
      return;
    }
    this.server.handleUpgrade(request, socket, head, (connection) => {
      connection.on('message', (data) => this.hear(connection, JSON.parse(data)));
      connection.on('close', () => this.gone(connection));
    });
  }

  hear(connection, frame) {
    const send = (out) => connection.send(JSON.stringify(out));
    const state = this.sockets.get(connection);
    if (frame.t === 'hello') {
      const agent = this.desk.agents.find((each) => each.id === frame.ticket);
      this.sockets.set(connection, {
        agent,
        subscribed: new Set(Object.keys(frame.cursors ?? {})),
      });
      send({
        t: 'ready',
        session: 'mock',
        now: new Date().toISOString(),
        heartbeat_s: 25,
        agent: { id: agent.id, name: agent.name },
      });
      send({ t: 'presence', agents: this.desk.agents.map(({ id, status }) => ({ id, status })) });
      for (const [id, after] of Object.entries(frame.cursors ?? {}))
        this.replay(connection, id, after);
      if (frame.feed && frame.feed !== String(this.desk.feed))
        send({ t: 'inbox_reset', feed: String(this.desk.feed) });
      return;
    }
    if (!state) return;
    if (frame.t === 'subscribe') {
      state.subscribed.add(frame.request);
      this.replay(connection, frame.request, frame.after);
    } else if (frame.t === 'viewing') {
      const before = this.desk.viewing.get(connection)?.request;
      if (frame.request)
        this.desk.viewing.set(connection, { request: frame.request, agent: state.agent });
      else this.desk.viewing.delete(connection);
      for (const id of [before, frame.request].filter(Boolean)) this.viewers(id);
    } else if (frame.t === 'read') {
      const request = this.desk.requests.get(frame.request);
      if (request) request.read_seq_agents[state.agent.id] = frame.seq;
    } else if (frame.t === 'typing') {
      const viewer = this.desk.viewing.get(connection);
      if (viewer) viewer.typing = frame.on;
      this.viewers(frame.request);
    } else if (frame.t === 'status') {
      state.agent.status = frame.status;
      this.tell({ t: 'presence', agents: [{ id: state.agent.id, status: frame.status }] });
    } else if (frame.t === 'ping') send({ t: 'pong' });
  }

  replay(connection, id, after) {
    const request = this.desk.requests.get(id);
    for (const entry of request?.entries.filter((each) => each.seq > after) ?? [])
      connection.send(JSON.stringify({ t: 'entry', request: id, entry }));
  }

  viewers(id) {
    this.tell({ t: 'viewers', request: id, agents: this.api.viewers(id) }, id);
  }

  tell(frame, request) {
    for (const [connection, state] of this.sockets) {
      if (request && !state.subscribed.has(request)) continue;
      const mine =
        frame.t === 'inbox' ? { ...frame, counts: this.desk.counts(state.agent.id) } : frame;
      connection.send(JSON.stringify(mine));
    }
  }

  gone(connection) {
    this.sockets.delete(connection);
    const viewed = this.desk.viewing.get(connection)?.request;
    this.desk.viewing.delete(connection);
    if (viewed) this.viewers(viewed);
  }

  drop() {
    for (const connection of this.sockets.keys()) connection.terminate();
  }
}
