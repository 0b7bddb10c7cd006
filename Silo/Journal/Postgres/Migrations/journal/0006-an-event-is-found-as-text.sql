-- As in 0004, without reading the JSON: it may hold an escape (U+0000) that PostgreSQL's own reader refuses, and then no snapshot of that stream was ever kept.
create or replace function holds(in_stream bigint, in_version bigint, in_event uuid)
returns boolean
language sql stable
as $$
    select coalesce((
        select strpos(a.data, '"' || in_event || '"') > 0
        from append a where a.stream = in_stream and a.version <= in_version order by a.version desc limit 1), false)
$$;

-- As in 0004, with a sign in that character's place.
create or replace view events as
select a.position + e.place - 1 as position, h.stream, a.version + e.place - 1 as version, (e.event ->> 'id')::uuid as id, e.event ->> 'type' as type,
    coalesce(a.data ->> 'occurred', a.data ->> 'at')::timestamptz as occurred_at, (a.data ->> 'at')::timestamptz as recorded_at,
    a.data ->> 'actor' as actor, a.data ->> 'correlation' as correlation, a.command as command_id, a.data ->> 'trace' as trace,
    e.event -> 'data' as data
from (
    select p.position, p.stream, p.version, p.command,
        (case when strpos(p.data, '\u0000') > 0 then regexp_replace(p.data, '(?<!\\)((\\\\)*)\\u0000', '\1\\ufffd', 'g') else p.data end)::json as data
    from append p) a
    join stream_head h on h.number = a.stream, json_array_elements(a.data -> 'events') with ordinality e (event, place);
