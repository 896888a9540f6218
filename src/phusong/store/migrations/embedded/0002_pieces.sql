-- A table is kept in pieces; a version refers to those it has, in order. What was one table is one piece.
CREATE TEMPORARY TABLE run_content_before AS SELECT run_id, table_name, content_id FROM main.run_content;
DROP TABLE main.run_content;
CREATE TABLE run_content (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, table_name TEXT NOT NULL,
    piece INTEGER NOT NULL, content_id INTEGER NOT NULL REFERENCES content,
    PRIMARY KEY (run_id, table_name, piece)
) WITHOUT ROWID;
CREATE INDEX run_content_of_content ON run_content (content_id);
INSERT INTO run_content SELECT run_id, table_name, 0, content_id FROM run_content_before;
DROP TABLE run_content_before;
