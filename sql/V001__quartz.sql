-- Quartz's eleven tables: the clustered alarm clock and work queue. Columns as in Quartz 2.5.2, so its own tools work on
-- them, and three more for plain one-shots, which the store keeps in a way of its own (trigger_type = 'ONCE'):
--   * no row in qrtz_simple_triggers: there is nothing to say;
--   * a trigger that fires leaves qrtz_triggers at once, and its row in qrtz_fired_triggers carries what a recovery needs;
--   * a delayed one is not in the indexes of the claim until it is due: a future job costs a claim nothing.
--
-- Different from Quartz's script, and why:
--   * secondary indexes: only those that a statement of ours or of Quartz's needs, and those of Quartz's own triggers
--     leave the one-shots out; each costs every job an entry;
--   * no foreign keys: the store looks after both sides, and a delete or an insert of a set would run a query a row;
--   * a longer entry_id, as it begins with the instance id;
--   * keys are compared byte by byte: nobody reads them in alphabetical order;
--   * vacuum by number of rows: these tables stay small and change all the time.

CREATE TABLE qrtz_job_details (
    sched_name        varchar(120) COLLATE "C" NOT NULL,
    job_name          varchar(200) COLLATE "C" NOT NULL,
    job_group         varchar(200) COLLATE "C" NOT NULL,
    description       varchar(250),
    job_class_name    varchar(250) NOT NULL,
    is_durable        boolean NOT NULL,
    is_nonconcurrent  boolean NOT NULL,
    is_update_data    boolean NOT NULL,
    requests_recovery boolean NOT NULL,
    job_data          bytea,
    PRIMARY KEY (sched_name, job_name, job_group)
);

CREATE TABLE qrtz_triggers (
    sched_name     varchar(120) COLLATE "C" NOT NULL,
    trigger_name   varchar(200) COLLATE "C" NOT NULL,
    trigger_group  varchar(200) COLLATE "C" NOT NULL,
    job_name       varchar(200) COLLATE "C" NOT NULL,
    job_group      varchar(200) COLLATE "C" NOT NULL,
    description    varchar(250),
    next_fire_time bigint,
    prev_fire_time bigint,
    priority       integer,
    trigger_state  varchar(16) NOT NULL,
    trigger_type   varchar(8) NOT NULL,
    start_time     bigint NOT NULL,
    end_time       bigint,
    calendar_name  varchar(200) COLLATE "C",
    misfire_instr  smallint,
    job_data       bytea,
    -- of one-shots: whether the claim may see it
    due            boolean NOT NULL DEFAULT true,
    PRIMARY KEY (sched_name, trigger_name, trigger_group)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- The claim of one-shots: by priority, and in each lane (the trigger's group) by priority.
CREATE INDEX qrtz_once_due ON qrtz_triggers (sched_name, priority DESC, next_fire_time)
    WHERE trigger_state = 'WAITING' AND trigger_type = 'ONCE' AND due;
CREATE INDEX qrtz_once_of_lane ON qrtz_triggers (sched_name, trigger_group, priority DESC, next_fire_time)
    WHERE trigger_state = 'WAITING' AND trigger_type = 'ONCE' AND due;
CREATE INDEX qrtz_once_delayed ON qrtz_triggers (sched_name, next_fire_time)
    WHERE trigger_type = 'ONCE' AND NOT due;

-- Quartz's other triggers.
CREATE INDEX qrtz_triggers_due ON qrtz_triggers (sched_name, priority DESC, next_fire_time)
    WHERE trigger_state = 'WAITING' AND trigger_type <> 'ONCE';
CREATE INDEX qrtz_triggers_next ON qrtz_triggers (sched_name, next_fire_time, priority DESC)
    WHERE trigger_state = 'WAITING' AND trigger_type <> 'ONCE';
CREATE INDEX qrtz_triggers_of_job ON qrtz_triggers (sched_name, job_name, job_group) WHERE trigger_type <> 'ONCE';
CREATE INDEX qrtz_triggers_of_group ON qrtz_triggers (sched_name, trigger_group) WHERE trigger_type <> 'ONCE';

CREATE TABLE qrtz_simple_triggers (
    sched_name      varchar(120) COLLATE "C" NOT NULL,
    trigger_name    varchar(200) COLLATE "C" NOT NULL,
    trigger_group   varchar(200) COLLATE "C" NOT NULL,
    repeat_count    bigint NOT NULL,
    repeat_interval bigint NOT NULL,
    times_triggered bigint NOT NULL,
    PRIMARY KEY (sched_name, trigger_name, trigger_group)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE qrtz_cron_triggers (
    sched_name      varchar(120) COLLATE "C" NOT NULL,
    trigger_name    varchar(200) COLLATE "C" NOT NULL,
    trigger_group   varchar(200) COLLATE "C" NOT NULL,
    cron_expression varchar(120) NOT NULL,
    time_zone_id    varchar(80),
    PRIMARY KEY (sched_name, trigger_name, trigger_group)
);

CREATE TABLE qrtz_simprop_triggers (
    sched_name    varchar(120) COLLATE "C" NOT NULL,
    trigger_name  varchar(200) COLLATE "C" NOT NULL,
    trigger_group varchar(200) COLLATE "C" NOT NULL,
    str_prop_1    varchar(512),
    str_prop_2    varchar(512),
    str_prop_3    varchar(512),
    int_prop_1    integer,
    int_prop_2    integer,
    long_prop_1   bigint,
    long_prop_2   bigint,
    dec_prop_1    numeric(13, 4),
    dec_prop_2    numeric(13, 4),
    bool_prop_1   boolean,
    bool_prop_2   boolean,
    PRIMARY KEY (sched_name, trigger_name, trigger_group)
);

CREATE TABLE qrtz_blob_triggers (
    sched_name    varchar(120) COLLATE "C" NOT NULL,
    trigger_name  varchar(200) COLLATE "C" NOT NULL,
    trigger_group varchar(200) COLLATE "C" NOT NULL,
    blob_data     bytea,
    PRIMARY KEY (sched_name, trigger_name, trigger_group)
);

CREATE TABLE qrtz_calendars (
    sched_name    varchar(120) COLLATE "C" NOT NULL,
    calendar_name varchar(200) COLLATE "C" NOT NULL,
    calendar      bytea NOT NULL,
    PRIMARY KEY (sched_name, calendar_name)
);

CREATE TABLE qrtz_paused_trigger_grps (
    sched_name    varchar(120) COLLATE "C" NOT NULL,
    trigger_group varchar(200) COLLATE "C" NOT NULL,
    PRIMARY KEY (sched_name, trigger_group)
);

-- One row for each claim and each run: the fence of an attempt. It belongs to the instance it names and to nobody else.
CREATE TABLE qrtz_fired_triggers (
    sched_name        varchar(120) COLLATE "C" NOT NULL,
    entry_id          varchar(240) COLLATE "C" NOT NULL,
    trigger_name      varchar(200) COLLATE "C" NOT NULL,
    trigger_group     varchar(200) COLLATE "C" NOT NULL,
    instance_name     varchar(200) COLLATE "C" NOT NULL,
    fired_time        bigint NOT NULL,
    sched_time        bigint NOT NULL,
    priority          integer NOT NULL,
    state             varchar(16) NOT NULL,
    job_name          varchar(200) COLLATE "C",
    job_group         varchar(200) COLLATE "C",
    is_nonconcurrent  boolean,
    requests_recovery boolean,
    -- of one-shots: that it is one, and the trigger's data
    once              boolean NOT NULL DEFAULT false,
    trigger_data      bytea,
    PRIMARY KEY (sched_name, entry_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- Without the scheduler, so that nothing but a look for an instance can go through it: with it, the end of runs would, too,
-- whenever PostgreSQL believes the table to be empty.
CREATE INDEX qrtz_fired_triggers_of_instance ON qrtz_fired_triggers (instance_name);
CREATE INDEX qrtz_fired_triggers_of_job ON qrtz_fired_triggers (sched_name, job_name, job_group) WHERE NOT once;
CREATE INDEX qrtz_fired_triggers_of_trigger ON qrtz_fired_triggers (sched_name, trigger_group, trigger_name) WHERE NOT once;

CREATE TABLE qrtz_scheduler_state (
    sched_name        varchar(120) COLLATE "C" NOT NULL,
    instance_name     varchar(200) COLLATE "C" NOT NULL,
    last_checkin_time bigint NOT NULL,
    checkin_interval  bigint NOT NULL,
    PRIMARY KEY (sched_name, instance_name)
) WITH (fillfactor = 50);

CREATE TABLE qrtz_locks (
    sched_name varchar(120) COLLATE "C" NOT NULL,
    lock_name  varchar(40) COLLATE "C" NOT NULL,
    PRIMARY KEY (sched_name, lock_name)
);
