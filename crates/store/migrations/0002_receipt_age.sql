-- Old answers are found by their age, not by looking at every one while nobody else can write.
CREATE INDEX receipt_age ON receipt (created_at);
