-- Who may do what. Readers look; analysts keep versions and label them; only the owner removes and migrates.
GRANT SELECT ON ALL TABLES IN SCHEMA phusong TO phusong_reader, phusong_analyst;
GRANT INSERT ON
    phusong.project, phusong.raster, phusong.content, phusong.run_content, phusong.hamlet, phusong.part,
    phusong.hamlet_operator, phusong.serving, phusong.place, phusong.proposed_station, phusong.plan_item,
    phusong.plan_completion, phusong.mast, phusong.cell
    TO phusong_analyst;
-- without "login": the database says who wrote a version
GRANT INSERT (project_id, number, made_at, made_by, as_of, label, digest, software, cells_on_air, hamlets,
    hamlets_dead, record) ON phusong.run TO phusong_analyst;
GRANT UPDATE (label) ON phusong.run TO phusong_analyst;
GRANT UPDATE (next_number) ON phusong.project TO phusong_analyst;
