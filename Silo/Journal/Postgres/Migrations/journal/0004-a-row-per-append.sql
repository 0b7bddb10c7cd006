-- A row per append instead of one per event: all that one decision made, with who and what led to it, as one JSON text. A third of the cost, and still to be
-- read by a person: the view 'events' below shows what the table of that name did.
create table append (
    -- Of its first event; the others follow it, in position as in version.
    position bigint primary key,
    stream   bigint not null,
    version  bigint not null,
    command  text collate "C",
    -- Given when the row stands for its command: see the index of commands.
    digest   text,
    -- {"at": recorded, "occurred": if not then, "actor", "correlation", "trace", "events": [{"id", "type", "data"}, …]}
    data     text not null,
    constraint append_version unique (stream, version)
);

alter table append alter column data set storage external;

insert into append
select position, stream, version, command_id, command_digest, json_strip_nulls(json_build_object(
    'at', to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'occurred', case when occurred_at is distinct from recorded_at then to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end,
    'actor', actor, 'correlation', correlation, 'trace', trace))::text
from events;

-- The data as it was written, to the byte.
update append a set data = left(a.data, -1) || ',"events":[{"id":"' || e.id || '","type":"' || e.type || '","data":' || e.data || '}]}'
from events e where e.position = a.position;

create unique index append_command on append (stream, command) where digest is not null;

drop function append_events(
    uuid, integer[], integer[], text[], uuid[], bigint[], bigint[], uuid[], text[], timestamptz[], timestamptz[], text[], text[], text[], text[], text[], timestamptz[], json[]);
drop table events;

create view events as
select a.position + e.place - 1 as position, h.stream, a.version + e.place - 1 as version, (e.event ->> 'id')::uuid as id, e.event ->> 'type' as type,
    coalesce(a.data::json ->> 'occurred', a.data::json ->> 'at')::timestamptz as occurred_at, (a.data::json ->> 'at')::timestamptz as recorded_at,
    a.data::json ->> 'actor' as actor, a.data::json ->> 'correlation' as correlation, a.command as command_id, a.data::json ->> 'trace' as trace,
    e.event -> 'data' as data
from append a join stream_head h on h.number = a.stream, json_array_elements(a.data::json -> 'events') with ordinality e (event, place);

-- Whether an event is there, at its version.
create function holds(in_stream bigint, in_version bigint, in_event uuid)
returns boolean
language sql stable
as $$
    select coalesce((
        select a.data::json -> 'events' -> (in_version - a.version)::integer ->> 'id' = in_event::text
        from append a where a.stream = in_stream and a.version <= in_version order by a.version desc limit 1), false)
$$;

-- Appends a batch, all of it or nothing. A run is what one stream appends in this batch, each member deciding on the one before; 'expected' is the event the run
-- follows. 'place' is where in the batch a run or a member begins, from 1. Answers the position before the batch.
-- Every row that is there already is reached by its key, one by one: joined with the arrays, a plan made while the tables were small reads all of a table for
-- every batch, and stays for as long as the connection does.
create function append_batch(
    in_batch uuid, in_events integer, run_stream text[], run_expected uuid[], run_expected_version bigint[], run_version bigint[], run_last uuid[],
    run_due timestamptz[], run_place integer[], in_run integer[], in_place integer[], in_version bigint[], in_command text[], in_digest text[], in_data text[])
returns bigint
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    head    bigint;
    numbers bigint[];
    before  timestamptz[];
    known   bigint;
    moved   bigint;
begin
    -- From here on nobody else writes to this journal, and the statements below see everything that was ever committed to it.
    update log_head h set position = h.position + in_events where h.partition = 0 returning h.position - in_events into strict head;

    if exists (select from abandoned_batch a where a.batch = in_batch) then
        raise exception 'This batch was given up.';
    end if;

    select array_agg(h.number order by r.place), array_agg(h.due_at order by r.place), count(h.number) into numbers, before, known
    from unnest(run_stream) with ordinality as r (stream, place)
        left join lateral (select s.number, s.due_at from stream_head s where s.stream = r.stream limit 1) h on true;

    if known < cardinality(run_stream) then
        insert into stream_head (number, stream, version, last_event, due_at)
        select head + r.place, r.stream, r.version, r.last, r.due
        from unnest(numbers, run_stream, run_expected_version, run_version, run_last, run_due, run_place) as r (number, stream, expected, version, last, due, place)
        where r.number is null and r.expected = 0;
        get diagnostics moved = row_count;
    else
        moved := 0;
    end if;

    if known > 0 then
        for run in 1 .. cardinality(run_stream) loop
            continue when numbers[run] is null;
            update stream_head h set version = run_version[run], last_event = run_last[run], due_at = run_due[run]
            where h.number = numbers[run] and h.last_event = run_expected[run] and h.version = run_expected_version[run];
            exit when not found;
            moved := moved + 1;
        end loop;
    end if;

    if moved < cardinality(run_stream) then
        raise exception 'Not every stream ends where its run begins.' using errcode = 'CM409';
    end if;

    if before is distinct from run_due then
        for run in 1 .. cardinality(run_stream) loop
            continue when before[run] is null or before[run] is not distinct from run_due[run];
            delete from deadline d where d.due_at = before[run] and d.stream = numbers[run];
        end loop;
        insert into deadline (due_at, stream)
        select r.due, coalesce(r.number, head + r.place) from unnest(numbers, before, run_due, run_place) as r (number, before, due, place)
        where r.due is not null and r.due is distinct from r.before;
    end if;

    insert into append (position, stream, version, command, digest, data)
    select head + m.place, coalesce(numbers[m.run], head + run_place[m.run]), m.version, m.command, m.digest, m.data
    from unnest(in_run, in_place, in_version, in_command, in_digest, in_data) as m (run, place, version, command, digest, data);
    return head;
end
$$;

-- Which members of a batch cannot be appended, after the batch as a whole could not: 1 = its stream does not end where it should, 2 = the command made events
-- before. A run is appended whole or not at all.
create function judge_batch(
    run_stream text[], run_expected uuid[], run_expected_version bigint[], in_run integer[], in_command text[], in_digest text[])
returns table (member integer, outcome integer)
language sql stable
as $$
    with judged as (
        select m.member::integer as member, m.run, m.digest is not null and exists (
                select from append a where a.stream = h.number and a.command = m.command and a.digest is not null) as known,
            case when h.number is null then run_expected_version[m.run] = 0
                 else h.last_event = run_expected[m.run] and h.version = run_expected_version[m.run] end as follows
        from unnest(in_run, in_command, in_digest) with ordinality as m (run, command, digest, member)
            left join lateral (select * from stream_head s where s.stream = run_stream[m.run] limit 1) h on true)
    select member, case when known then 2 else 1 end from (
        select j.*, j.follows and not bool_or(j.known) over (partition by j.run) as passed from judged j) judged
    where not passed
$$;
