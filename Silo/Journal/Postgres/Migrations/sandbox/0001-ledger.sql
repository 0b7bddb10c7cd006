-- The sandbox payment provider's own books, apart from ours.
create schema sandbox;

create table sandbox.operation (
    number        bigint generated always as identity primary key,
    key           text collate "C" not null unique,
    account       text not null,
    kind          text not null,
    amount        bigint not null,
    currency      text not null,
    token         text,
    authorisation text collate "C",
    succeeded     boolean not null,
    answered      bigint not null,
    code          text,
    brand         text,
    last4         text
);

create index operation_authorisation on sandbox.operation (authorisation) where authorisation is not null;
