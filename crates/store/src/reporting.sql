-- The schema `reporting`: what the facts count (docs/dev/facts.md), for tools that read SQL. No words of anybody and no
-- names of customers are in it. Instants are cut off to their second, as the facts cut them.
CREATE SCHEMA IF NOT EXISTS reporting;

CREATE VIEW reporting.request AS
WITH said AS (
  SELECT r.*,
    -- JSON with the one character that PostgreSQL cannot read says nothing.
    CASE WHEN position('\u0000' IN fields) > 0 THEN '{}' ELSE fields END::json AS answered,
    CASE WHEN position('\u0000' IN context) > 0 THEN '{}' ELSE context END::json AS known
  FROM public.request r
), placed AS (
  SELECT s.*,
    COALESCE(NULLIF(btrim(known ->> 'region'), ''), NULLIF(btrim(known ->> 'country'), '')) AS said_region,
    COALESCE(NULLIF(btrim(answered ->> 'app_version'), ''), NULLIF(btrim(known ->> 'app_version'), '')) AS said_version
  FROM said s
), read AS (
  SELECT p.*,
    upper(regexp_replace(said_region, '^.*[-_]', '') COLLATE "C") AS last_region,
    rtrim(substring(regexp_replace(said_version, '^[^0-9]+', '') FROM '^[0-9.]*'), '.') AS numbers
  FROM placed p
)
SELECT
  r.id,
  r.number,
  r.customer_id,
  to_timestamp(r.created_at / 1000000) AS created_at,
  r.type,
  r.urgency,
  r.at_risk,
  r.channel,
  r.language,
  CASE WHEN said_region IS NULL THEN 'unknown' WHEN last_region = 'UK' THEN 'GB'
       WHEN last_region ~ '^[A-Z]{2}$' THEN last_region ELSE 'other' END AS region,
  CASE WHEN said_version IS NULL THEN 'unknown'
       WHEN numbers ~ '^[0-9]{1,6}([.][0-9]{1,6}){0,3}$' THEN numbers ELSE 'other' END AS app_version,
  r.state,
  CASE WHEN r.state = 'spam' THEN 'spam' WHEN r.state = 'merged' THEN 'merged'
       WHEN position('"test"' IN r.tags) > 0 THEN 'test' ELSE 'counted' END AS counting,
  r.team_id,
  r.assignee_id AS agent_id,
  h.first_agent_id,
  to_timestamp(r.first_reply_at / 1000000) AS first_reply_at,
  -- GREATEST passes over NULL: what is not answered must not become an answer at once.
  CASE WHEN r.first_reply_at IS NOT NULL
       THEN GREATEST(r.first_reply_at / 1000000 - r.created_at / 1000000, 0) END AS response_seconds,
  to_timestamp(COALESCE(h.first_solved_at, CASE WHEN NOT r.active THEN r.solved_at END) / 1000000) AS first_solved_at,
  CASE WHEN NOT r.active THEN to_timestamp(r.solved_at / 1000000) END AS solved_at,
  CASE WHEN NOT r.active
       THEN to_timestamp(COALESCE(r.solved_at, r.closed_at, r.updated_at) / 1000000) END AS ended_at,
  COALESCE(h.reply_count, 0) AS replies,
  r.follow_up_count AS follow_ups,
  r.reopen_count AS reopens,
  COALESCE(h.transfer_count, 0) AS transfers,
  COALESCE(h.escalation_count, 0) AS escalations,
  CASE WHEN i.request_id IS NULL THEN 'desk' ELSE 'imported' END AS origin,
  i.source AS imported_from,
  COALESCE(i.untold, 0) & 1 = 0 AS answer_known,
  COALESCE(i.untold, 0) & 2 = 0 AS words_known,
  COALESCE(i.untold, 0) & 4 = 0 AS solution_known,
  COALESCE(i.untold, 0) & 8 = 0 AS reopens_known
FROM read r
LEFT JOIN public.handling h ON h.request_id = r.id
LEFT JOIN public.imported i ON i.request_id = r.id;

CREATE VIEW reporting.rating AS
SELECT request_id, episode, score, reason, agent_id, channel, to_timestamp(created_at / 1000000) AS rated_at
FROM public.rating;

CREATE VIEW reporting.agent AS
SELECT id, name, role, disabled_at IS NOT NULL AS disabled FROM public.agent;

CREATE VIEW reporting.event AS
SELECT id, kind, title, to_timestamp(starts_at / 1000000) AS starts_at, to_timestamp(ends_at / 1000000) AS ends_at, scope
FROM public.driver WHERE removed_at IS NULL;

-- Of each day the source that counts: the API before CSV before the ping.
CREATE VIEW reporting.active_users AS
SELECT DATE '1970-01-01' + a.day::integer AS day, a.source, a.app_version, a.region, a.platform, a.users
FROM public.active_users a
WHERE a.source = (SELECT b.source FROM public.active_users b WHERE b.day = a.day
                  ORDER BY CASE b.source WHEN 'api' THEN 0 WHEN 'csv' THEN 1 ELSE 2 END LIMIT 1);
