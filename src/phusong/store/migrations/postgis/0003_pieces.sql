-- A table is kept in pieces; a version refers to those it has, in order. What was one table is one piece.
ALTER TABLE phusong.run_content ADD COLUMN piece integer NOT NULL DEFAULT 0;
ALTER TABLE phusong.run_content ALTER COLUMN piece DROP DEFAULT;
ALTER TABLE phusong.run_content DROP CONSTRAINT run_content_pkey;
ALTER TABLE phusong.run_content ADD PRIMARY KEY (run_id, table_name, piece);
