with facts as (

    select
        enterprise_id,
        business_date,
        currency,
        sum(rooms_sold) as rooms_sold,
        sum(rooms_complimentary) as rooms_complimentary,
        sum(room_revenue_net) as room_revenue_net,
        sum(room_revenue_gross) as room_revenue_gross,
        sum(total_revenue_net) as total_revenue_net,
        sum(total_revenue_gross) as total_revenue_gross
    from {{ ref('int_mews__kpi_facts') }}
    group by enterprise_id, business_date, currency

),

rooms as (

    select
        enterprise_id,
        business_date,
        sum(rooms_available) as rooms_available,
        sum(rooms_out_of_order) as rooms_out_of_order
    from {{ ref('int_mews__room_days') }}
    group by enterprise_id, business_date

),

-- Each day has a row in the main currency, and one in each other that it knows.
days as (

    select rooms.enterprise_id, rooms.business_date, currencies.main_currency as currency
    from rooms
    inner join {{ ref('int_mews__currencies') }} as currencies
        on rooms.enterprise_id = currencies.enterprise_id
    union
    select enterprise_id, business_date, currency from facts

),

counted as (

    select
        days.enterprise_id,
        days.business_date,
        days.currency,
        cast(coalesce(rooms.rooms_available, 0) as bigint) as rooms_available,
        cast(coalesce(rooms.rooms_out_of_order, 0) as bigint) as rooms_out_of_order,
        cast(coalesce(facts.rooms_sold, 0) as bigint) as rooms_sold,
        cast(coalesce(facts.rooms_complimentary, 0) as bigint) as rooms_complimentary,
        coalesce(facts.room_revenue_net, 0) as room_revenue_net,
        coalesce(facts.room_revenue_gross, 0) as room_revenue_gross,
        coalesce(facts.total_revenue_net, 0) as total_revenue_net,
        coalesce(facts.total_revenue_gross, 0) as total_revenue_gross
    from days
    left join rooms
        on
            days.enterprise_id = rooms.enterprise_id
            and days.business_date = rooms.business_date
    left join facts
        on
            days.enterprise_id = facts.enterprise_id
            and days.business_date = facts.business_date
            and days.currency = facts.currency

)

select
    *,
    {{ mews.kpi_ratios() }}
from counted
