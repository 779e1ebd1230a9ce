with facts as (

    select
        enterprise_id, business_date, currency, reservation_id,
        case when is_sold then 1 else 0 end as rooms_sold,
        case when is_complimentary then 1 else 0 end as rooms_complimentary,
        0 as room_revenue_net, 0 as room_revenue_gross,
        0 as total_revenue_net, 0 as total_revenue_gross
    from {{ ref('mews__nights') }}
    where is_sold or is_complimentary
    union all
    select
        enterprise_id, business_date, currency, reservation_id,
        0 as rooms_sold, 0 as rooms_complimentary,
        case when revenue_class = 'rooms' then net else 0 end as room_revenue_net,
        case when revenue_class = 'rooms' then gross else 0 end as room_revenue_gross,
        net as total_revenue_net, gross as total_revenue_gross
    from {{ ref('int_mews__items') }}
    where is_valid and revenue_class <> 'not_revenue'

),

summed as (

    select
        facts.enterprise_id,
        facts.business_date,
        facts.currency,
        reservations.source_id,
        reservations.business_segment_id,
        reservations.company_id,
        reservations.travel_agency_id,
        reservations.rate_id,
        cast(sum(facts.rooms_sold) as bigint) as rooms_sold,
        cast(sum(facts.rooms_complimentary) as bigint) as rooms_complimentary,
        sum(facts.room_revenue_net) as room_revenue_net,
        sum(facts.room_revenue_gross) as room_revenue_gross,
        sum(facts.total_revenue_net) as total_revenue_net,
        sum(facts.total_revenue_gross) as total_revenue_gross
    from facts
    left join {{ ref('int_mews__reservations') }} as reservations
        on facts.reservation_id = reservations.reservation_id
    group by
        facts.enterprise_id, facts.business_date, facts.currency,
        reservations.source_id, reservations.business_segment_id,
        reservations.company_id, reservations.travel_agency_id, reservations.rate_id

)

select
    summed.enterprise_id,
    summed.business_date,
    summed.currency,
    summed.source_id,
    sources.name as source_name,
    summed.business_segment_id,
    segments.name as business_segment_name,
    summed.company_id,
    companies.name as company_name,
    summed.travel_agency_id,
    agencies.name as travel_agency_name,
    summed.rate_id,
    rates.name as rate_name,
    summed.rooms_sold,
    summed.rooms_complimentary,
    summed.room_revenue_net,
    summed.room_revenue_gross,
    summed.total_revenue_net,
    summed.total_revenue_gross,
    {{ mews.ratio('summed.room_revenue_net', 'summed.rooms_sold') }} as adr
from summed
{% for alias, kind, key in [
    ('sources', 'source', 'source_id'),
    ('segments', 'business_segment', 'business_segment_id'),
    ('companies', 'company', 'company_id'),
    ('agencies', 'company', 'travel_agency_id'),
    ('rates', 'rate', 'rate_id'),
] -%}
left join {{ ref('int_mews__names') }} as {{ alias }}
    on summed.{{ key }} = {{ alias }}.id and {{ alias }}.kind = '{{ kind }}'
{% endfor %}
