with rates_of_nights as (

    -- What a night costs; of a night with two currencies, the larger amount.
    select
        reservation_id,
        business_date,
        currency,
        sum(case when is_valid then net else 0 end) as room_revenue_net,
        sum(case when is_valid then gross else 0 end) as room_revenue_gross,
        sum(case when is_canceled then net else 0 end) as canceled_revenue_net,
        row_number() over (
            partition by reservation_id, business_date
            order by sum(case when is_valid then net else 0 end) desc, currency
        ) as place
    from {{ ref('int_mews__items') }}
    where type = 'SpaceOrder' and reservation_id is not null
    group by reservation_id, business_date, currency

),

nights as (

    select
        reservations.*,
        days.day as business_date
    from {{ ref('int_mews__reservations') }} as reservations
    cross join {{ mews.days(
        'reservations.arrival_date',
        "cast(reservations.departure_date - interval '1 day' as date)",
        'days'
    ) }}
    where reservations.is_room

)

select
    nights.reservation_id,
    nights.business_date,
    nights.enterprise_id,
    nights.reservation_number,
    nights.state,
    nights.arrival_date,
    nights.departure_date,
    nights.resource_category_id,
    resource_categories.name as resource_category_name,
    nights.resource_id,
    nights.rate_id,
    rates.name as rate_name,
    nights.business_segment_id,
    segments.name as business_segment_name,
    nights.source_id,
    sources.name as source_name,
    nights.company_id,
    companies.name as company_name,
    nights.travel_agency_id,
    agencies.name as travel_agency_name,
    nights.created_date,
    cast(nights.arrival_date as date) - cast(nights.created_date as date) as lead_days,
    nights.is_canceled,
    nights.canceled_date,
    nights.cancellation_reason,
    nights.is_on_the_books and coalesce(amounts.room_revenue_net, 0) > 0 as is_sold,
    nights.is_on_the_books and coalesce(amounts.room_revenue_net, 0) <= 0
        as is_complimentary,
    coalesce(amounts.currency, currencies.main_currency) as currency,
    coalesce(amounts.room_revenue_net, 0) as room_revenue_net,
    coalesce(amounts.room_revenue_gross, 0) as room_revenue_gross,
    coalesce(amounts.canceled_revenue_net, 0) as canceled_revenue_net
from nights
inner join {{ ref('int_mews__currencies') }} as currencies
    on nights.enterprise_id = currencies.enterprise_id
left join rates_of_nights as amounts
    on
        nights.reservation_id = amounts.reservation_id
        and nights.business_date = amounts.business_date
        and amounts.place = 1
{% for alias, kind, key in [
    ('resource_categories', 'resource_category', 'resource_category_id'),
    ('rates', 'rate', 'rate_id'),
    ('segments', 'business_segment', 'business_segment_id'),
    ('sources', 'source', 'source_id'),
    ('companies', 'company', 'company_id'),
    ('agencies', 'company', 'travel_agency_id'),
] -%}
left join {{ ref('int_mews__names') }} as {{ alias }}
    on nights.{{ key }} = {{ alias }}.id and {{ alias }}.kind = '{{ kind }}'
{% endfor %}
