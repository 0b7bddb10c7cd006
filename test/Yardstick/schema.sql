-- The shop as a good engineer writes it on PostgreSQL alone: one row per product with its stock, one row per cart, one call per checkout.

-- Rows that are updated in place have room for their next version on the same page, so that no index is touched.
create table product (
    sku     text collate "C" primary key,
    title   text not null,
    price   bigint not null,
    on_hand bigint not null check (on_hand >= 0)
) with (fillfactor = 50);

create table cart (
    id         uuid primary key,
    ordered    boolean not null default false,
    skus       text[] collate "C" not null,
    quantities integer[] not null
) with (fillfactor = 70);

create table orders (
    number          bigint generated always as identity primary key,
    idempotency_key text collate "C" not null unique,
    cart            uuid not null,
    email           text not null,
    address         text not null,
    status          text not null,
    total           bigint not null,
    placed_at       timestamptz not null default now()
);

create table order_line (
    order_number bigint not null,
    line         integer not null,
    sku          text collate "C" not null,
    quantity     integer not null,
    price        bigint not null,
    primary key (order_number, line)
);

create table payment (
    order_number bigint primary key,
    token        text not null,
    amount       bigint not null,
    status       text not null
);

create table outbox (
    id      bigint generated always as identity primary key,
    payload text not null
);

-- What came in, beside what is on hand: the audit's other side.
create table delivery (
    sku      text collate "C" not null,
    quantity bigint not null
);

-- A change of a cart is one upsert. A SKU that is not sold, or a cart that has become an order, changes nothing and answers no row.
create function add_lines(in_cart uuid, in_skus text[], in_quantities integer[]) returns integer
language plpgsql as $$
declare
    lines integer;
begin
    if exists (select from unnest(in_skus) s where not exists (select from product p where p.sku = s)) then
        return null;
    end if;

    insert into cart as c (id, skus, quantities) values (in_cart, in_skus, in_quantities)
    on conflict (id) do update set skus = c.skus || excluded.skus, quantities = c.quantities || excluded.quantities where not c.ordered
    returning cardinality(c.skus) into lines;
    return lines;
end $$;

-- A checkout is one call and one transaction. The rows of stock are locked in the order of their SKUs, so that two carts never wait for each other.
create function checkout(in_key text, in_cart uuid, in_email text, in_address text, in_token text,
    out number bigint, out status text, out total bigint, out code text)
language plpgsql as $$
declare
    cart_skus text[];
    cart_quantities integer[];
    wanted record;
    unit_price bigint;
    line integer := 0;
    lines_sku text[] := '{}';
    lines_quantity integer[] := '{}';
    lines_price bigint[] := '{}';
begin
    update cart c set ordered = true where c.id = in_cart and not c.ordered returning c.skus, c.quantities into cart_skus, cart_quantities;
    if not found then
        -- The same key again finds its order.
        select o.number, o.status, o.total into number, status, total from orders o where o.idempotency_key = in_key and o.cart = in_cart;
        if not found then code := 'cart-not-open'; end if;
        return;
    end if;

    total := 0;
    for wanted in select s.sku, sum(s.quantity)::integer as quantity from unnest(cart_skus, cart_quantities) as s(sku, quantity) group by s.sku order by s.sku
    loop
        update product p set on_hand = p.on_hand - wanted.quantity where p.sku = wanted.sku and p.on_hand >= wanted.quantity returning p.price into unit_price;
        if not found then
            raise exception 'out of stock: %', wanted.sku using errcode = 'YS001';
        end if;
        total := total + unit_price * wanted.quantity;
        lines_sku := lines_sku || wanted.sku;
        lines_quantity := lines_quantity || wanted.quantity;
        lines_price := lines_price || unit_price;
    end loop;

    status := case when in_token = 'tok_ok' then 'confirmed' else 'awaitingPayment' end;
    insert into orders (idempotency_key, cart, email, address, status, total)
    values (in_key, in_cart, in_email, in_address, status, total) returning orders.number into number;

    insert into order_line (order_number, line, sku, quantity, price)
    select number, l.line, l.sku, l.quantity, l.price from unnest(lines_sku, lines_quantity, lines_price) with ordinality as l(sku, quantity, price, line);

    insert into payment (order_number, token, amount, status) values (number, in_token, total, case when in_token = 'tok_ok' then 'authorised' else 'declined' end);

    insert into outbox (payload) values (json_build_object('type', 'OrderPlaced', 'number', number, 'cart', in_cart, 'status', status, 'total', total,
        'skus', lines_sku, 'quantities', lines_quantity, 'prices', lines_price)::text);
end $$;
