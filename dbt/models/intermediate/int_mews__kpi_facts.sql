-- What is counted of each day, by room type: nights from the stays, money from the items.
with nights as (

    select
        enterprise_id,
        business_date,
        currency,
        resource_category_id,
        sum(case when is_sold then 1 else 0 end) as rooms_sold,
        sum(case when is_complimentary then 1 else 0 end) as rooms_complimentary,
        0 as room_revenue_net,
        0 as room_revenue_gross,
        0 as total_revenue_net,
        0 as total_revenue_gross
    from {{ ref('mews__nights') }}
    where is_sold or is_complimentary
    group by enterprise_id, business_date, currency, resource_category_id

),

revenue as (

    select
        enterprise_id,
        business_date,
        currency,
        resource_category_id,
        0 as rooms_sold,
        0 as rooms_complimentary,
        sum(case when revenue_class = 'rooms' then net else 0 end) as room_revenue_net,
        sum(case when revenue_class = 'rooms' then gross else 0 end) as room_revenue_gross,
        sum(net) as total_revenue_net,
        sum(gross) as total_revenue_gross
    from {{ ref('int_mews__items') }}
    where is_valid and revenue_class <> 'not_revenue'
    group by enterprise_id, business_date, currency, resource_category_id

)

select * from nights
union all
select * from revenue
