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
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.village_id, t.name, t.commune, t.verdict, t.confidence, t.decided_by, t.verdict_indoor,
    t.best_cell_2g, t.best_cell_3g, t.best_cell_4g, t.best_cell_5g, t.population, t.level_2g_dbm,
    t.p_2g, t.level_3g_dbm, t.p_3g, t.level_4g_dbm, t.p_4g, t.level_5g_dbm, t.p_5g, t.samples,
    t.voice_masts, t.dead_zone, t.served_2g, t.served_3g, t.served_4g, t.served_5g, t.more, t.geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.hamlet AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'hamlet';
CREATE VIEW phusong.part_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.village_id, t.cluster_id, t.part, t.verdict, t.confidence, t.decided_by, t.people, t.more, t.geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.part AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'part';
CREATE VIEW phusong.hamlet_operator_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.village_id, t.operator, t.technology, t.verdict, t.best_cell, t.level_dbm, t.p_covered, t.served,
    t.more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.hamlet_operator AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'hamlet_operator';
CREATE VIEW phusong.serving_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.point_id, t.village_id, t.cells, t.more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.serving AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'serving';
CREATE VIEW phusong.place_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.place_id, t.name, t.place_kind, t.required_technology, t.decided_by, t.best_cell, t.covered,
    t.more, t.geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.place AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'place';
CREATE VIEW phusong.proposed_station_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.station_id, t.kind, t.operator, t.host_id, t.technologies, t.people_newly_served, t.total_cost,
    t.more, t.geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.proposed_station AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'proposed_station';
CREATE VIEW phusong.plan_item_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.plan_id, t.item_id, t.kind, t.operator, t.village_id, t.mast_id, t.support, t.discrepancy,
    t.claimed, t.deadline, t.reported_on, t.more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.plan_item AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'plan_item';
CREATE VIEW phusong.plan_completion_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.plan_id, t.scope, t.subject, t.total, t.claimed, t.supported, t.contradicted, t.not_checkable,
    t.more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.plan_completion AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'plan_completion';
CREATE VIEW phusong.mast_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.mast_id, t.owner, t.kind, t.height_m, t.more, t.geom
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.mast AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'mast';
CREATE VIEW phusong.cell_of_version AS
SELECT
    project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, t.ordinal,
    t.cell_id, t.mast_id, t.operator, t.technology, t.antenna, t.frequency_mhz, t.bandwidth_mhz,
    t.antenna_height_m, t.azimuth_deg, t.mechanical_tilt_deg, t.electrical_tilt_deg, t.tx_power_dbm,
    t.feeder_loss_db, t.on_air, t.off_air, t.more
FROM phusong.run JOIN phusong.project USING (project_id) JOIN phusong.run_content USING (run_id)
JOIN phusong.cell AS t ON t.content_id = run_content.content_id
WHERE run_content.table_name = 'cell';
