-- The history of one project in a file that is a GeoPackage (OGC 12-128r18) too, so that QGIS opens it.
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT
);
INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
    ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL),
    ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]', NULL);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
    srs_id INTEGER REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL REFERENCES gpkg_contents (table_name), column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys (srs_id),
    z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name)
);

CREATE TABLE store (store_id TEXT NOT NULL);
INSERT INTO store VALUES (lower(hex(randomblob(16))));

CREATE TABLE project (
    project_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next_number INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE run (
    run_id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES project,
    number INTEGER NOT NULL, made_at TEXT NOT NULL, made_by TEXT NOT NULL, as_of DATE NOT NULL, label TEXT,
    digest TEXT NOT NULL, software TEXT NOT NULL, cells_on_air INTEGER NOT NULL, hamlets INTEGER NOT NULL,
    hamlets_dead INTEGER NOT NULL, record TEXT NOT NULL,
    UNIQUE (project_id, number), UNIQUE (project_id, label)
);
CREATE TABLE raster (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, uri TEXT NOT NULL, PRIMARY KEY (run_id, name)
);
-- A table that did not change is kept once: versions refer to it.
CREATE TABLE content (
    content_id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES project,
    table_name TEXT NOT NULL, digest TEXT NOT NULL, UNIQUE (project_id, table_name, digest)
);
CREATE TABLE run_content (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, table_name TEXT NOT NULL,
    content_id INTEGER NOT NULL REFERENCES content, PRIMARY KEY (run_id, table_name)
);
CREATE INDEX run_content_of_content ON run_content (content_id);

CREATE TABLE hamlet (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, village_id TEXT, name TEXT, commune TEXT, verdict TEXT, confidence TEXT,
    decided_by TEXT, verdict_indoor TEXT, best_cell_2g TEXT, best_cell_3g TEXT, best_cell_4g TEXT,
    best_cell_5g TEXT, population REAL, level_2g_dbm REAL, p_2g REAL, level_3g_dbm REAL, p_3g REAL,
    level_4g_dbm REAL, p_4g REAL, level_5g_dbm REAL, p_5g REAL, samples INTEGER, voice_masts INTEGER,
    dead_zone BOOLEAN, served_2g BOOLEAN, served_3g BOOLEAN, served_4g BOOLEAN, served_5g BOOLEAN,
    more TEXT NOT NULL, geom GEOMETRY
);
CREATE UNIQUE INDEX hamlet_of_content ON hamlet (content_id, ordinal);
CREATE TABLE part (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, village_id TEXT, cluster_id TEXT, part TEXT, verdict TEXT,
    confidence TEXT, decided_by TEXT, people REAL, more TEXT NOT NULL, geom POINT
);
CREATE UNIQUE INDEX part_of_content ON part (content_id, ordinal);
CREATE TABLE hamlet_operator (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, village_id TEXT, operator TEXT, technology TEXT, verdict TEXT,
    best_cell TEXT, level_dbm REAL, p_covered REAL, served BOOLEAN, more TEXT NOT NULL
);
CREATE UNIQUE INDEX hamlet_operator_of_content ON hamlet_operator (content_id, ordinal);
CREATE TABLE serving (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, point_id TEXT, village_id TEXT, cells TEXT, more TEXT NOT NULL
);
CREATE UNIQUE INDEX serving_of_content ON serving (content_id, ordinal);
CREATE TABLE place (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, place_id TEXT, name TEXT, place_kind TEXT, required_technology TEXT,
    decided_by TEXT, best_cell TEXT, covered BOOLEAN, more TEXT NOT NULL, geom POINT
);
CREATE UNIQUE INDEX place_of_content ON place (content_id, ordinal);
CREATE TABLE proposed_station (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, station_id TEXT, kind TEXT, operator TEXT, host_id TEXT,
    technologies TEXT, people_newly_served REAL, total_cost REAL, more TEXT NOT NULL, geom POINT
);
CREATE UNIQUE INDEX proposed_station_of_content ON proposed_station (content_id, ordinal);
CREATE TABLE plan_item (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, plan_id TEXT, item_id TEXT, kind TEXT, operator TEXT, village_id TEXT,
    mast_id TEXT, support TEXT, discrepancy TEXT, claimed BOOLEAN, deadline DATE, reported_on DATE,
    more TEXT NOT NULL
);
CREATE UNIQUE INDEX plan_item_of_content ON plan_item (content_id, ordinal);
CREATE TABLE plan_completion (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, plan_id TEXT, scope TEXT, subject TEXT, total INTEGER, claimed INTEGER,
    supported INTEGER, contradicted INTEGER, not_checkable INTEGER, more TEXT NOT NULL
);
CREATE UNIQUE INDEX plan_completion_of_content ON plan_completion (content_id, ordinal);
CREATE TABLE mast (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, mast_id TEXT, owner TEXT, kind TEXT, height_m REAL, more TEXT NOT NULL,
    geom POINT
);
CREATE UNIQUE INDEX mast_of_content ON mast (content_id, ordinal);
CREATE TABLE cell (
    fid INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, cell_id TEXT, mast_id TEXT, operator TEXT, technology TEXT, antenna TEXT,
    frequency_mhz REAL, bandwidth_mhz REAL, antenna_height_m REAL, azimuth_deg REAL,
    mechanical_tilt_deg REAL, electrical_tilt_deg REAL, tx_power_dbm REAL, feeder_loss_db REAL,
    on_air DATE, off_air DATE, more TEXT NOT NULL
);
CREATE UNIQUE INDEX cell_of_content ON cell (content_id, ordinal);

-- What QGIS shows: every version's rows with its number; filter by "version".
CREATE VIEW hamlet_of_version AS
SELECT project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, hamlet.*
FROM run JOIN project USING (project_id) JOIN run_content USING (run_id)
JOIN hamlet ON hamlet.content_id = run_content.content_id
WHERE run_content.table_name = 'hamlet';
CREATE VIEW part_of_version AS
SELECT project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, part.*
FROM run JOIN project USING (project_id) JOIN run_content USING (run_id)
JOIN part ON part.content_id = run_content.content_id
WHERE run_content.table_name = 'part';
CREATE VIEW place_of_version AS
SELECT project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, place.*
FROM run JOIN project USING (project_id) JOIN run_content USING (run_id)
JOIN place ON place.content_id = run_content.content_id
WHERE run_content.table_name = 'place';
CREATE VIEW proposed_station_of_version AS
SELECT project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, proposed_station.*
FROM run JOIN project USING (project_id) JOIN run_content USING (run_id)
JOIN proposed_station ON proposed_station.content_id = run_content.content_id
WHERE run_content.table_name = 'proposed_station';
CREATE VIEW mast_of_version AS
SELECT project.name AS project, run.number AS version, run.as_of, run.made_at, run.label, mast.*
FROM run JOIN project USING (project_id) JOIN run_content USING (run_id)
JOIN mast ON mast.content_id = run_content.content_id
WHERE run_content.table_name = 'mast';

INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES
    ('hamlet_of_version', 'features', 'hamlet_of_version', 4326),
    ('part_of_version', 'features', 'part_of_version', 4326),
    ('place_of_version', 'features', 'place_of_version', 4326),
    ('proposed_station_of_version', 'features', 'proposed_station_of_version', 4326),
    ('mast_of_version', 'features', 'mast_of_version', 4326);
INSERT INTO gpkg_geometry_columns VALUES
    ('hamlet_of_version', 'geom', 'GEOMETRY', 4326, 0, 0),
    ('part_of_version', 'geom', 'POINT', 4326, 0, 0),
    ('place_of_version', 'geom', 'POINT', 4326, 0, 0),
    ('proposed_station_of_version', 'geom', 'POINT', 4326, 0, 0),
    ('mast_of_version', 'geom', 'POINT', 4326, 0, 0);
