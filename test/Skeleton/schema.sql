-- The barest journal with a fence: a frame per commit, and where each stream ends. No commands, no deadlines, no epochs, no reading by stream.
create table head (position bigint not null) with (fillfactor = 10);
insert into head values (0);

create table fence (
    stream   text collate "C" primary key,
    last     uuid not null,
    -- Where it had to end for this to be written.
    expected uuid not null,
    position bigint not null
) with (fillfactor = 70);

create table frame (
    position bigint primary key,
    data     bytea not null
);
alter table frame alter column data set storage external;

create function append_frame(in_events integer, in_stream text[], in_expected uuid[], in_last uuid[], in_data bytea)
returns integer
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    at    bigint;
    moved integer;
begin
    update head set position = position + in_events returning position - in_events into strict at;
    insert into fence as f (stream, last, expected, position)
    select r.stream, r.last, r.expected, at from unnest(in_stream, in_expected, in_last) as r (stream, expected, last)
    on conflict (stream) do update set last = excluded.last, expected = excluded.expected, position = excluded.position where f.last = excluded.expected;
    get diagnostics moved = row_count;
    if moved < cardinality(in_stream) then
        raise exception 'Not every stream ends where its run begins.';
    end if;
    insert into frame values (at, in_data);
    return moved;
end
$$;
