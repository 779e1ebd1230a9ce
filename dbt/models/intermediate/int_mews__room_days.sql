with spans as (

    select enterprise_id, min(business_date) as first_date, max(business_date) as last_date
    from (
        select enterprise_id, business_date
        from {{ ref('mews__nights') }}
        where is_sold or is_complimentary
        union all
        select enterprise_id, business_date
        from {{ ref('int_mews__items') }}
        where is_valid and revenue_class <> 'not_revenue'
    ) as dates
    group by enterprise_id

),

room_days as (

    select
        rooms.enterprise_id,
        rooms.resource_category_id,
        rooms.resource_id,
        days.day as business_date
    from spans
    inner join {{ ref('int_mews__rooms') }} as rooms
        on spans.enterprise_id = rooms.enterprise_id
    cross join {{ mews.days(
        'greatest(spans.first_date, rooms.first_date)',
        "least(spans.last_date, coalesce(cast(rooms.removed_date - interval '1 day' as date), spans.last_date))",
        'days'
    ) }}

),

out_of_order as (

    -- A room is out of order on a day when a block holds it as the business day ends.
    select distinct
        blocks.assigned_resource_id as resource_id,
        days.day as business_date
    from {{ ref('stg_mews__resource_blocks') }} as blocks
    inner join {{ ref('int_mews__enterprises') }} as enterprises
        on blocks.enterprise_id = enterprises.enterprise_id
    cross join {{ mews.days(
        mews.business_date('blocks.start_utc', 'enterprises'),
        mews.business_date('least(blocks.end_utc, coalesce(blocks.deleted_utc, blocks.end_utc))', 'enterprises'),
        'days'
    ) }}
    where
        blocks.type = 'OutOfOrder'
        and (not blocks.is_deleted or blocks.deleted_utc is not null)
        and days.day
        < {{ mews.business_date('least(blocks.end_utc, coalesce(blocks.deleted_utc, blocks.end_utc))', 'enterprises') }}

)

select
    room_days.enterprise_id,
    room_days.resource_category_id,
    room_days.business_date,
    count(*) as rooms_available,
    count(out_of_order.resource_id) as rooms_out_of_order
from room_days
left join out_of_order
    on
        room_days.resource_id = out_of_order.resource_id
        and room_days.business_date = out_of_order.business_date
group by
    room_days.enterprise_id, room_days.resource_category_id, room_days.business_date
