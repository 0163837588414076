-- What agents did to a request, added up: what measures need and the request's row does not say. Written in units of
-- agents' actions only, so that taking in what customers write costs no more than before. Everything in it can be made
-- again from the entries, as the statement below does.
CREATE TABLE handling (
  request_id       BIGINT NOT NULL PRIMARY KEY REFERENCES request (id),
  -- Texts of agents that the customer sees.
  reply_count      BIGINT NOT NULL,
  -- Who wrote the first of them.
  first_agent_id   BIGINT,
  -- How often it was called solved, and when for the first time.
  solved_count     BIGINT NOT NULL,
  first_solved_at  BIGINT,
  -- The last agent and the last team that had it, also when nobody has it now.
  agent_id         BIGINT,
  team_id          BIGINT,
  -- Times that it went from one agent or team to another; and of these, from one team to another.
  transfer_count   BIGINT NOT NULL,
  escalation_count BIGINT NOT NULL
) {clustered};

INSERT INTO handling (request_id, reply_count, first_agent_id, solved_count, first_solved_at, agent_id, team_id,
                      transfer_count, escalation_count)
WITH
  assigned AS (
    SELECT request_id, seq, CAST({event.agent_id} AS BIGINT) AS agent_id, CAST({event.team_id} AS BIGINT) AS team_id
    FROM entry WHERE kind = 'event' AND event LIKE '{"type":"assigned",%'
  ),
  agents AS (
    SELECT request_id, seq, agent_id AS id, LAG(agent_id) OVER (PARTITION BY request_id ORDER BY seq) AS before,
           LEAD(agent_id) OVER (PARTITION BY request_id ORDER BY seq) AS after
    FROM assigned WHERE agent_id IS NOT NULL
  ),
  teams AS (
    SELECT request_id, seq, team_id AS id, LAG(team_id) OVER (PARTITION BY request_id ORDER BY seq) AS before,
           LEAD(team_id) OVER (PARTITION BY request_id ORDER BY seq) AS after
    FROM assigned WHERE team_id IS NOT NULL
  ),
  transfers AS (
    SELECT request_id, count(DISTINCT seq) AS transfer_count, CAST(sum(escalated) AS BIGINT) AS escalation_count
    FROM (SELECT request_id, seq, 0 AS escalated FROM agents WHERE id <> before
          UNION ALL SELECT request_id, seq, 1 FROM teams WHERE id <> before) AS moves
    GROUP BY request_id
  ),
  replies AS (
    SELECT request_id, count(*) AS reply_count, min(seq) AS first_seq
    FROM entry WHERE kind = 'text' AND author_kind = 'agent' GROUP BY request_id
  ),
  solutions AS (
    SELECT request_id, count(*) AS solved_count, min(created_at) AS first_solved_at
    FROM entry WHERE kind = 'event' AND event LIKE '{"type":"state",%"to":"solved"}' GROUP BY request_id
  ),
  handled AS (
    SELECT request_id FROM assigned UNION SELECT request_id FROM replies UNION SELECT request_id FROM solutions
  )
SELECT d.request_id, COALESCE(r.reply_count, 0), e.author_id, COALESCE(s.solved_count, 0), s.first_solved_at, a.id, t.id,
       COALESCE(m.transfer_count, 0), COALESCE(m.escalation_count, 0)
FROM handled d
LEFT JOIN replies r ON r.request_id = d.request_id
LEFT JOIN entry e ON e.request_id = d.request_id AND e.seq = r.first_seq
LEFT JOIN solutions s ON s.request_id = d.request_id
LEFT JOIN agents a ON a.request_id = d.request_id AND a.after IS NULL
LEFT JOIN teams t ON t.request_id = d.request_id AND t.after IS NULL
LEFT JOIN transfers m ON m.request_id = d.request_id;
