-- The projections and how far each feed has been applied to them, for SQLite and PostgreSQL alike.
--   $prefix$  names a second, complete set of tables: a rebuild fills it beside the live one
--   $text$    text that sorts by its bytes in both
--   $table$   what a table's definition ends with
create table if not exists $prefix$feed_cursor (
    service $text$ not null, partition integer not null, epoch text not null, position bigint not null, recorded_at text not null,
    primary key (service, partition)) $table$;

create table if not exists $prefix$revenue (
    currency $text$ not null, minute $text$ not null, gross bigint not null, refunds bigint not null, orders bigint not null, units bigint not null,
    primary key (currency, minute)) $table$;

create table if not exists $prefix$confirmed (
    order_key $text$ not null, currency text not null, gross bigint not null,
    primary key (order_key)) $table$;

create table if not exists $prefix$product_sales (
    currency $text$ not null, day $text$ not null, sku $text$ not null, revenue bigint not null, units bigint not null,
    primary key (currency, day, sku)) $table$;

create table if not exists $prefix$product_title (
    sku $text$ not null, title text not null, sold_at bigint not null,
    primary key (sku)) $table$;

create table if not exists $prefix$stock_movement (
    sku $text$ not null, day $text$ not null, adjusted_in bigint not null, adjusted_out bigint not null, sold bigint not null, returned bigint not null,
    primary key (sku, day)) $table$;
