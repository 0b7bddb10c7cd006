-- A service's journal. Rows per event: simple, and readable by a person. The number of partitions is data and for ever; there is one.

-- Where the log ends. Every append locks this row first, so positions are dense and whoever tails the log misses nothing. There is no sequence.
create table log_head (
    partition integer primary key check (partition = 0),
    position  bigint not null,
    epoch     text not null
) with (fillfactor = 10);

insert into log_head values (0, 0, replace(gen_random_uuid()::text, '-', ''));

-- Where each stream ends: the fence. A stream's number is the position of its first event.
create table stream_head (
    number     bigint primary key,
    stream     text collate "C" not null unique,
    version    bigint not null,
    last_event uuid not null,
    -- What 'deadline' holds for this stream.
    due_at     timestamptz
) with (fillfactor = 70);

-- Deadlines by time. A table of their own: with an index on stream_head each append would write into every index of that table.
create table deadline (
    due_at timestamptz not null,
    stream bigint not null,
    primary key (due_at, stream)
);

create table events (
    position       bigint primary key,
    stream         bigint not null,
    version        bigint not null,
    id             uuid not null,
    type           text collate "C" not null,
    occurred_at    timestamptz not null,
    recorded_at    timestamptz not null,
    actor          text not null,
    correlation    text,
    command_id     text collate "C",
    -- Given for the first event of a command only: it stands for all of them in the index of commands.
    command_digest text,
    trace          text,
    data           json not null,
    constraint event_version unique (stream, version)
);

create unique index event_command on events (stream, command_id) where command_digest is not null;

-- A cache: deleting all of it loses nothing. One whose event is not in the journal is ignored.
create table snapshot (
    stream  bigint primary key,
    version bigint not null,
    event   uuid not null,
    format  text not null,
    state   bytea not null
);

-- Batches that were found not to be there after their connection was lost. Should one arrive after all, it is turned away.
create table abandoned_batch (batch uuid primary key);

-- Appends a batch. Rows are events in the order of their hand-over. A run is what one stream appends in this batch, each member deciding on the one
-- before; 'expected' is the event the run follows. Answers only the members that were not appended: 1 = conflict, 2 = the command made events before.
-- The settings make the plan the same whatever the statistics say: every table is reached through its index.
create function append_events(
    in_batch uuid, in_run integer[], in_member integer[], in_stream text[], in_expected uuid[], in_expected_version bigint[], in_version bigint[],
    in_id uuid[], in_type text[], in_occurred_at timestamptz[], in_recorded_at timestamptz[], in_actor text[], in_correlation text[],
    in_command text[], in_digest text[], in_trace text[], in_due_at timestamptz[], in_data json[])
returns table (member integer, outcome integer)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    head bigint;
begin
    select h.position into strict head from log_head h where h.partition = 0 for update;

    if exists (select from abandoned_batch a where a.batch = in_batch) then
        raise exception 'This batch was given up.';
    end if;

    -- From here on nobody else writes to this journal, and this statement sees everything that was ever committed to it.
    return query
    with given as (
        select * from unnest(
            in_run, in_member, in_stream, in_expected, in_expected_version, in_version, in_id, in_type, in_occurred_at, in_recorded_at,
            in_actor, in_correlation, in_command, in_digest, in_trace, in_due_at, in_data)
        with ordinality as g (
            run, member, stream, expected, expected_version, version, id, type, occurred_at, recorded_at,
            actor, correlation, command, digest, trace, due_at, data, place)),
    seen as materialized (
        select g.*, h.number, h.due_at as due_before,
            case when h.number is null then g.expected = '00000000-0000-0000-0000-000000000000' and g.expected_version = 0
                 else h.last_event = g.expected and h.version = g.expected_version end as follows,
            g.digest is not null and e.made is not null as known
        from given g
            left join lateral (select s.number, s.version, s.last_event, s.due_at from stream_head s where s.stream = g.stream limit 1) h on true
            left join lateral (
                select true as made from events c
                where g.digest is not null and c.stream = h.number and c.command_id = g.command and c.command_digest is not null limit 1) e on true),
    judged as (
        select s.*, s.follows and not bool_or(s.known) over (partition by s.run order by s.place) as passed from seen s),
    placed as (
        select j.*, head + row_number() over (order by j.place) as position from judged j where j.passed),
    numbered as (
        select p.*, coalesce(p.number, min(p.position) over (partition by p.run)) as stream_number,
            p.place = max(p.place) over (partition by p.run) as is_last
        from placed p),
    born as (
        insert into stream_head (number, stream, version, last_event, due_at)
        select n.stream_number, n.stream, n.version, n.id, n.due_at from numbered n where n.is_last and n.number is null),
    moved as (
        update stream_head h set version = n.version, last_event = n.id, due_at = n.due_at
        from numbered n where n.is_last and h.number = n.number and h.last_event = n.expected),
    forgotten as (
        delete from deadline d using numbered n
        where n.is_last and d.due_at = n.due_before and d.stream = n.number and n.due_at is distinct from n.due_before),
    remembered as (
        insert into deadline (due_at, stream)
        select n.due_at, n.stream_number from numbered n where n.is_last and n.due_at is not null and n.due_at is distinct from n.due_before),
    written as (
        insert into events (
            position, stream, version, id, type, occurred_at, recorded_at, actor, correlation, command_id, command_digest, trace, data)
        select n.position, n.stream_number, n.version, n.id, n.type, n.occurred_at, n.recorded_at, n.actor, n.correlation, n.command, n.digest,
            n.trace, n.data
        from numbered n),
    advanced as (
        update log_head h set position = head + (select count(*) from placed) where h.partition = 0 and exists (select from placed))
    select j.member, case when j.known then 2 else 1 end from judged j where not j.passed;
end
$$;
