-- Who may relay and scan now. The epoch rises with every new holder, never with a renewal.
create table lease (
    name   text collate "C" primary key,
    holder text not null,
    until  timestamptz not null,
    epoch  bigint not null
);

-- How far each partition has been published. It only rises.
create table relay_cursor (
    partition integer primary key,
    position  bigint not null,
    epoch     bigint not null
);
