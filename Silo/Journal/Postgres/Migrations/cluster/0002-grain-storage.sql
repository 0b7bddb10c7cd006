-- Orleans' grain storage: stream subscriptions and small configuration. A grain has one row, and the key says so: without it, racing first writes would leave two.
create table grain_state (
    service      text not null,
    grain_type   text not null,
    grain_n0     bigint not null,
    grain_n1     bigint not null,
    grain_key    text not null,
    version      integer not null,
    payload      bytea,
    modified_at  timestamptz not null,
    primary key (service, grain_type, grain_n0, grain_n1, grain_key)
);

-- Answers the version the grain has now: unchanged means that somebody else wrote in between.
create function write_grain_state(
    in_service text, in_type text, in_n0 bigint, in_n1 bigint, in_key text, in_version integer, in_payload bytea)
returns integer
language plpgsql
as $$
declare
    written integer;
begin
    if in_version is null then
        insert into grain_state values (in_service, in_type, in_n0, in_n1, in_key, 1, in_payload, clock_timestamp())
        on conflict do nothing
        returning version into written;
    else
        update grain_state set version = version + 1, payload = in_payload, modified_at = clock_timestamp()
        where service = in_service and grain_type = in_type and grain_n0 = in_n0 and grain_n1 = in_n1 and grain_key = in_key and version = in_version
        returning version into written;
    end if;
    return coalesce(written, in_version);
end
$$;

insert into orleansquery values
('ReadFromStorageKey', $q$
    select payload as PayloadBinary, version as Version from grain_state
    where service = @ServiceId and grain_type = @GrainTypeString and grain_n0 = @GrainIdN0 and grain_n1 = @GrainIdN1
        and grain_key = coalesce(@GrainIdExtensionString::text, '')
$q$),
('WriteToStorageKey', $q$
    select write_grain_state(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString::text, ''),
        @GrainStateVersion::integer, @PayloadBinary::bytea) as NewGrainStateVersion
$q$),
('ClearStorageKey', $q$
    with cleared as (
        update grain_state set version = version + 1, payload = null, modified_at = clock_timestamp()
        where service = @ServiceId and grain_type = @GrainTypeString and grain_n0 = @GrainIdN0 and grain_n1 = @GrainIdN1
            and grain_key = coalesce(@GrainIdExtensionString::text, '') and version = @GrainStateVersion::integer
        returning version)
    select coalesce((select version from cleared), @GrainStateVersion::integer) as NewGrainStateVersion
$q$),
('DeleteStorageKey', $q$
    with deleted as (
        delete from grain_state
        where service = @ServiceId and grain_type = @GrainTypeString and grain_n0 = @GrainIdN0 and grain_n1 = @GrainIdN1
            and grain_key = coalesce(@GrainIdExtensionString::text, '') and version = @GrainStateVersion::integer
        returning version)
    select coalesce((select version + 1 from deleted), @GrainStateVersion::integer) as NewGrainStateVersion
$q$);
