with booked as (

    select
        enterprise_id,
        business_date,
        currency,
        created_date,
        canceled_date,
        room_revenue_net + canceled_revenue_net as revenue_net
    from {{ ref('mews__nights') }}
    where is_sold or is_complimentary or (is_canceled and canceled_date is not null)

),

events as (

    select
        enterprise_id, business_date, currency, event_date,
        sum(rooms_in) as rooms_picked_up,
        sum(rooms_out) as rooms_canceled,
        sum((rooms_in - rooms_out) * revenue_net) as revenue_net
    from (
        select
            enterprise_id, business_date, currency, created_date as event_date,
            1 as rooms_in, 0 as rooms_out, revenue_net
        from booked
        union all
        select
            enterprise_id, business_date, currency, canceled_date,
            0, 1, revenue_net
        from booked
        where canceled_date is not null
    ) as each_event
    group by enterprise_id, business_date, currency, event_date

),

-- Up to which day the rows tell of bookings.
known as (

    select
        reservations.enterprise_id,
        max({{ mews.business_date('reservations.updated_utc', 'enterprises') }}) as last_date
    from {{ ref('int_mews__reservations') }} as reservations
    inner join {{ ref('int_mews__enterprises') }} as enterprises
        on reservations.enterprise_id = enterprises.enterprise_id
    group by reservations.enterprise_id

),

days as (

    select
        nights.enterprise_id,
        nights.business_date,
        nights.currency,
        days.day as on_the_books_date
    from (
        select
            events.enterprise_id, events.business_date, events.currency,
            min(events.event_date) as first_date,
            max(known.last_date) as last_date
        from events
        inner join known on events.enterprise_id = known.enterprise_id
        group by events.enterprise_id, events.business_date, events.currency
    ) as nights
    cross join {{ mews.days(
        'nights.first_date', 'least(nights.business_date, nights.last_date)', 'days'
    ) }}

),

counted as (

    select
        days.enterprise_id,
        days.business_date,
        days.currency,
        days.on_the_books_date,
        days.business_date - days.on_the_books_date as days_before,
        coalesce(events.rooms_picked_up, 0) as rooms_picked_up,
        coalesce(events.rooms_canceled, 0) as rooms_canceled,
        sum(coalesce(events.rooms_picked_up, 0) - coalesce(events.rooms_canceled, 0)) over (
            partition by days.enterprise_id, days.business_date, days.currency
            order by days.on_the_books_date
        ) as rooms_on_the_books,
        sum(coalesce(events.revenue_net, 0)) over (
            partition by days.enterprise_id, days.business_date, days.currency
            order by days.on_the_books_date
        ) as room_revenue_net_on_the_books
    from days
    left join events
        on
            days.enterprise_id = events.enterprise_id
            and days.business_date = events.business_date
            and days.currency = events.currency
            and days.on_the_books_date = events.event_date

)

select
    enterprise_id,
    business_date,
    currency,
    on_the_books_date,
    days_before,
    cast(rooms_picked_up as bigint) as rooms_picked_up,
    cast(rooms_canceled as bigint) as rooms_canceled,
    cast(rooms_on_the_books as bigint) as rooms_on_the_books,
    room_revenue_net_on_the_books
from counted
where days_before <= {{ var('mews_pickup_days') }}
