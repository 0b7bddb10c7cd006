-- Orleans asks this table for its statements, by name, when it starts. The names of parameters and of columns answered are Orleans' contract.
create table orleansquery (
    querykey  text primary key,
    querytext text not null
);

-- One row per cluster: every change of its members raises the version, in the same statement.
create table membership_version (
    cluster text primary key,
    version integer not null default 0
);

create table member (
    cluster        text not null references membership_version,
    address        text not null,
    port           integer not null,
    generation     integer not null,
    silo_name      text not null,
    host_name      text not null,
    status         integer not null,
    proxy_port     integer not null,
    suspect_times  text,
    start_time     timestamptz not null,
    i_am_alive_at  timestamptz not null,
    primary key (cluster, address, port, generation)
);

insert into orleansquery values
('InsertMembershipVersionKey', $q$
    with added as (insert into membership_version (cluster) values (@DeploymentId) on conflict do nothing returning 1)
    select count(*)::integer from added
$q$),
('DeleteMembershipTableEntriesKey', $q$
    with gone as (delete from member where cluster = @DeploymentId)
    delete from membership_version where cluster = @DeploymentId
$q$),
('MembershipReadAllKey', $q$
    select v.version, m.address, m.port, m.generation, m.silo_name as SiloName, m.host_name as HostName, m.status, m.proxy_port as ProxyPort,
        m.suspect_times as SuspectTimes, m.start_time as StartTime, m.i_am_alive_at as IAmAliveTime
    from membership_version v left join member m on m.cluster = v.cluster
    where v.cluster = @DeploymentId
$q$),
('MembershipReadRowKey', $q$
    select v.version, m.address, m.port, m.generation, m.silo_name as SiloName, m.host_name as HostName, m.status, m.proxy_port as ProxyPort,
        m.suspect_times as SuspectTimes, m.start_time as StartTime, m.i_am_alive_at as IAmAliveTime
    from membership_version v
        left join member m on m.cluster = v.cluster and m.address = @Address and m.port = @Port and m.generation = @Generation
    where v.cluster = @DeploymentId
$q$),
('UpdateIAmAlivetimeKey', $q$
    update member set i_am_alive_at = @IAmAliveTime
    where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation
$q$),
-- Whoever names an old version waits for the row, finds it moved and changes nothing.
('InsertMembershipKey', $q$
    with raised as (
        update membership_version set version = version + 1
        where cluster = @DeploymentId and version = @Version and not exists (
            select from member where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
        returning cluster),
    added as (
        insert into member (cluster, address, port, generation, silo_name, host_name, status, proxy_port, start_time, i_am_alive_at)
        select cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime from raised
        returning 1)
    select count(*)::integer from added
$q$),
('UpdateMembershipKey', $q$
    with raised as (
        update membership_version set version = version + 1
        where cluster = @DeploymentId and version = @Version and exists (
            select from member where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
        returning cluster),
    changed as (
        update member m set status = @Status, suspect_times = @SuspectTimes, i_am_alive_at = @IAmAliveTime
        from raised r where m.cluster = r.cluster and m.address = @Address and m.port = @Port and m.generation = @Generation
        returning 1)
    select count(*)::integer from changed
$q$),
('GatewaysQueryKey', $q$
    select address, proxy_port as ProxyPort, generation from member where cluster = @DeploymentId and status = @Status and proxy_port > 0
$q$),
-- 6 is Orleans' number for a dead silo.
('CleanupDefunctSiloEntriesKey', $q$
    delete from member where cluster = @DeploymentId and i_am_alive_at < @IAmAliveTime and status = 6
$q$);
