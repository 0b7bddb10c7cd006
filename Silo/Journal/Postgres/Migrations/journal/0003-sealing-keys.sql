-- Proof of which master key wraps the keys below.
create table key_ring (
    id    integer primary key check (id = 1),
    proof bytea not null
);

-- A subject's key, wrapped by the master key. A destroyed one leaves its row behind without a key, so that it is never made again.
create table sealing_key (
    id      text collate "C" primary key,
    wrapped bytea
);
