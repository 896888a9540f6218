-- The histories of a team's projects. Needs roles.sql first; runs as phusong_owner.
CREATE TABLE phusong.store (store_id text NOT NULL);
INSERT INTO phusong.store VALUES (replace(gen_random_uuid()::text, '-', ''));

CREATE TABLE phusong.project (
    project_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE,
    next_number integer NOT NULL DEFAULT 1
);
CREATE TABLE phusong.run (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES phusong.project,
    number integer NOT NULL, made_at timestamptz NOT NULL, made_by text NOT NULL, as_of date NOT NULL,
    label text, digest text NOT NULL, software text NOT NULL, cells_on_air integer NOT NULL,
    hamlets integer NOT NULL, hamlets_dead integer NOT NULL, record jsonb NOT NULL,
    login text NOT NULL DEFAULT session_user,  -- nobody may write it: see the grants
    UNIQUE (project_id, number), UNIQUE (project_id, label)
);
CREATE TABLE phusong.raster (
    run_id bigint NOT NULL REFERENCES phusong.run ON DELETE CASCADE, name text NOT NULL, sha256 text NOT NULL,
    size_bytes bigint NOT NULL, uri text NOT NULL, PRIMARY KEY (run_id, name)
);
-- A table that did not change is kept once: versions refer to it.
CREATE TABLE phusong.content (
    content_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES phusong.project,
    table_name text NOT NULL, digest text NOT NULL, UNIQUE (project_id, table_name, digest)
);
CREATE TABLE phusong.run_content (
    run_id bigint NOT NULL REFERENCES phusong.run ON DELETE CASCADE, table_name text NOT NULL,
    content_id bigint NOT NULL REFERENCES phusong.content, PRIMARY KEY (run_id, table_name)
);
CREATE INDEX run_content_of_content ON phusong.run_content (content_id);

CREATE TABLE phusong.hamlet (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    village_id text, name text, commune text, verdict text, confidence text, decided_by text,
    verdict_indoor text, best_cell_2g text, best_cell_3g text, best_cell_4g text, best_cell_5g text,
    population double precision, level_2g_dbm double precision, p_2g double precision,
    level_3g_dbm double precision, p_3g double precision, level_4g_dbm double precision,
    p_4g double precision, level_5g_dbm double precision, p_5g double precision, samples integer,
    voice_masts integer, dead_zone boolean, served_2g boolean, served_3g boolean, served_4g boolean,
    served_5g boolean, more jsonb NOT NULL, geom geometry(Geometry, 4326),
    PRIMARY KEY (content_id, ordinal)
);
CREATE INDEX hamlet_geom ON phusong.hamlet USING gist (geom);
CREATE TABLE phusong.part (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    village_id text, cluster_id text, part text, verdict text, confidence text, decided_by text,
    people double precision, more jsonb NOT NULL, geom geometry(Point, 4326),
    PRIMARY KEY (content_id, ordinal)
);
CREATE INDEX part_geom ON phusong.part USING gist (geom);
CREATE TABLE phusong.hamlet_operator (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    village_id text, operator text, technology text, verdict text, best_cell text,
    level_dbm double precision, p_covered double precision, served boolean, more jsonb NOT NULL,
    PRIMARY KEY (content_id, ordinal)
);
CREATE TABLE phusong.serving (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    point_id text, village_id text, cells jsonb, more jsonb NOT NULL, PRIMARY KEY (content_id, ordinal)
);
CREATE TABLE phusong.place (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    place_id text, name text, place_kind text, required_technology text, decided_by text,
    best_cell text, covered boolean, more jsonb NOT NULL, geom geometry(Point, 4326),
    PRIMARY KEY (content_id, ordinal)
);
CREATE INDEX place_geom ON phusong.place USING gist (geom);
CREATE TABLE phusong.proposed_station (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    station_id text, kind text, operator text, host_id text, technologies text,
    people_newly_served double precision, total_cost double precision, more jsonb NOT NULL,
    geom geometry(Point, 4326), PRIMARY KEY (content_id, ordinal)
);
CREATE INDEX proposed_station_geom ON phusong.proposed_station USING gist (geom);
CREATE TABLE phusong.plan_item (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    plan_id text, item_id text, kind text, operator text, village_id text, mast_id text, support text,
    discrepancy text, claimed boolean, deadline date, reported_on date, more jsonb NOT NULL,
    PRIMARY KEY (content_id, ordinal)
);
CREATE TABLE phusong.plan_completion (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    plan_id text, scope text, subject text, total integer, claimed integer, supported integer,
    contradicted integer, not_checkable integer, more jsonb NOT NULL, PRIMARY KEY (content_id, ordinal)
);
CREATE TABLE phusong.mast (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    mast_id text, owner text, kind text, height_m double precision, more jsonb NOT NULL,
    geom geometry(Point, 4326), PRIMARY KEY (content_id, ordinal)
);
CREATE INDEX mast_geom ON phusong.mast USING gist (geom);
CREATE TABLE phusong.cell (
    content_id bigint NOT NULL REFERENCES phusong.content ON DELETE CASCADE, ordinal integer NOT NULL,
    cell_id text, mast_id text, operator text, technology text, antenna text,
    frequency_mhz double precision, bandwidth_mhz double precision, antenna_height_m double precision,
    azimuth_deg double precision, mechanical_tilt_deg double precision,
    electrical_tilt_deg double precision, tx_power_dbm double precision,
    feeder_loss_db double precision, on_air date, off_air date, more jsonb NOT NULL,
    PRIMARY KEY (content_id, ordinal)
);

-- For people and QGIS: every version's rows with its number; filter by project and version.
CREATE VIEW phusong.hamlet_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal,
    village_id, name, commune, verdict, confidence, decided_by, verdict_indoor, best_cell_2g,
    best_cell_3g, best_cell_4g, best_cell_5g, population, level_2g_dbm, p_2g, level_3g_dbm, p_3g,
    level_4g_dbm, p_4g, level_5g_dbm, p_5g, samples, voice_masts, dead_zone, served_2g, served_3g,
    served_4g, served_5g, more, geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.hamlet ON hamlet.content_id = run_content.content_id
WHERE run_content.table_name = 'hamlet';
CREATE VIEW phusong.part_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal,
    village_id, cluster_id, part, verdict, confidence, decided_by, people, more, geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.part ON part.content_id = run_content.content_id
WHERE run_content.table_name = 'part';
CREATE VIEW phusong.hamlet_operator_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal,
    village_id, operator, technology, verdict, best_cell, level_dbm, p_covered, served, more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.hamlet_operator ON hamlet_operator.content_id = run_content.content_id
WHERE run_content.table_name = 'hamlet_operator';
CREATE VIEW phusong.serving_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal,
    point_id, village_id, cells, more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.serving ON serving.content_id = run_content.content_id
WHERE run_content.table_name = 'serving';
CREATE VIEW phusong.place_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal,
    place_id, name, place_kind, required_technology, decided_by, best_cell, covered, more, geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.place ON place.content_id = run_content.content_id
WHERE run_content.table_name = 'place';
CREATE VIEW phusong.proposed_station_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal,
    station_id, kind, operator, host_id, technologies, people_newly_served, total_cost, more, geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.proposed_station ON proposed_station.content_id = run_content.content_id
WHERE run_content.table_name = 'proposed_station';
CREATE VIEW phusong.plan_item_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal, plan_id,
    item_id, kind, operator, village_id, mast_id, support, discrepancy, claimed, deadline, reported_on,
    more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.plan_item ON plan_item.content_id = run_content.content_id
WHERE run_content.table_name = 'plan_item';
CREATE VIEW phusong.plan_completion_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal, plan_id,
    scope, subject, total, claimed, supported, contradicted, not_checkable, more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.plan_completion ON plan_completion.content_id = run_content.content_id
WHERE run_content.table_name = 'plan_completion';
CREATE VIEW phusong.mast_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal, mast_id,
    owner, kind, height_m, more, geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.mast ON mast.content_id = run_content.content_id
WHERE run_content.table_name = 'mast';
CREATE VIEW phusong.cell_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, ordinal, cell_id,
    mast_id, operator, technology, antenna, frequency_mhz, bandwidth_mhz, antenna_height_m, azimuth_deg,
    mechanical_tilt_deg, electrical_tilt_deg, tx_power_dbm, feeder_loss_db, on_air, off_air, more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.cell ON cell.content_id = run_content.content_id
WHERE run_content.table_name = 'cell';
