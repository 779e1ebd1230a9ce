-- What the questions below share.
create temp macro bars(share, mark) as
  repeat(mark, ceil(24 * greatest(share, 0))::int);
create temp view items as
select *,
  json_extract_string(amount, '$.NetValue')::decimal(18, 2) as net,
  json_extract_string(amount, '$.Currency') as currency,
  (select max(updatedutc) from order_items) as today
from order_items
where accountingstate not in ('Canceled', 'Inactive');

-- Nights, average daily rate and net revenue (# earned, - booked ahead)
with months as (
  select strftime(consumedutc, '%Y-%m') as month, currency,
    count(*) filter (type = 'SpaceOrder') as nights,
    sum(net) filter (revenuetype = 'Service') as rooms,
    coalesce(sum(net) filter (consumedutc <= today), 0) as earned,
    coalesce(sum(net) filter (consumedutc > today), 0) as ahead
  from items
  where consumedutc >= date_trunc('month', today) - interval 12 month
  group by all)
select month as "Month", nights as "Nights", rooms / nullif(nights, 0) as "ADR",
  (earned + ahead)::bigint as "Revenue", currency as " ",
  bars(earned / max(earned) over (), '#') || bars(ahead / max(earned) over (), '-') as " "
from months
order by currency, month;

-- Where the nights come from
with stays as (
  select serviceorderid, sum(net) as rooms,
    count(*) filter (type = 'SpaceOrder') as nights
  from items
  where revenuetype = 'Service'
  group by all),
origins as (
  select concat_ws(', ', origin, commanderorigin) as origin, count(*) as reservations,
    100 * avg((state = 'Canceled')::int) as canceled,
    sum(rooms) as rooms, sum(nights) as nights
  from reservations left join stays on id = serviceorderid
  group by all)
select origin as "Origin", reservations as "Reservations", canceled as "Canceled %",
  rooms / nullif(nights, 0) as "ADR", nights::int as "Nights",
  bars(nights / max(nights) over (), '#') as " "
from origins
order by nights desc
