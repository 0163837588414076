-- Who put a request back that was moved out of the lane; NULL where its customer's words did, which takes nothing back.
ALTER TABLE false_claim ADD COLUMN restored_by BIGINT REFERENCES agent (id);
-- What somebody put back until now: the entry is of that moment.
UPDATE false_claim SET restored_by = (
  SELECT min(e.author_id) FROM entry e
  WHERE e.request_id = false_claim.request_id AND e.seq > false_claim.seq
    AND e.created_at = false_claim.restored_at AND e.author_kind = 'agent'
) WHERE restored_at IS NOT NULL;
CREATE INDEX false_claim_restored_by ON false_claim (restored_by);
-- The requests in the lane.
CREATE INDEX request_at_risk ON request (id) WHERE at_risk;
