-- Once per database, by its administrator:  psql -d phusong -f roles.sql
-- Then, for each person:                    CREATE ROLE binh LOGIN PASSWORD '...'; GRANT phusong_analyst TO binh;
CREATE EXTENSION IF NOT EXISTS postgis;
DO $$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['phusong_owner', 'phusong_analyst', 'phusong_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
END $$;
CREATE SCHEMA IF NOT EXISTS phusong AUTHORIZATION phusong_owner;
REVOKE ALL ON SCHEMA phusong FROM PUBLIC;
GRANT USAGE ON SCHEMA phusong TO phusong_reader, phusong_analyst;
