with order_items as (

    select
        items.order_item_id as item_id,
        'OrderItem' as item_type,
        items.enterprise_id,
        reservations.reservation_id,
        reservations.resource_category_id,
        coalesce(reservations.is_room, true) as is_room,
        reservations.cancellation_reason,
        items.service_id,
        items.product_id,
        items.accounting_category_id,
        items.type,
        items.revenue_type,
        items.accounting_state in ('Open', 'Closed') as is_valid,
        items.accounting_state = 'Canceled' as is_canceled,
        items.rebated_item_id,
        -- A night belongs to the day it is for, whenever it is consumed.
        case
            when items.type = 'SpaceOrder' then items.start_utc
        end as night_utc,
        items.consumed_utc,
        items.currency,
        items.net,
        items.gross,
        items.amount
    from {{ ref('int_mews__order_items') }} as items
    left join {{ ref('int_mews__reservations') }} as reservations
        on items.service_order_id = reservations.reservation_id

),

outlet_items as (

    select
        id as item_id,
        'OutletItem' as item_type,
        enterprise_id,
        cast(null as {{ mews.type_name('text') }}) as reservation_id,
        cast(null as {{ mews.type_name('text') }}) as resource_category_id,
        false as is_room,
        cast(null as {{ mews.type_name('text') }}) as cancellation_reason,
        cast(null as {{ mews.type_name('text') }}) as service_id,
        cast(null as {{ mews.type_name('text') }}) as product_id,
        accounting_category_id,
        'OutletItem' as type,
        cast(null as {{ mews.type_name('text') }}) as revenue_type,
        type = 'Revenue' as is_valid,
        false as is_canceled,
        cast(null as {{ mews.type_name('text') }}) as rebated_item_id,
        cast(null as timestamp) as night_utc,
        consumed_utc,
        unit_amount_currency as currency,
        coalesce(unit_count * unit_amount_net_value, 0) as net,
        coalesce(unit_count * unit_amount_gross_value, 0) as gross,
        cast(null as {{ mews.type_name('json') }}) as amount
    from {{ ref('stg_mews__outlet_items') }}

),

items as (

    select * from order_items
    union all
    select * from outlet_items

),

classified as (

    select
        items.*,
        categories.classification,
        case
            when items.night_utc is not null
                then {{ mews.local_date('items.night_utc', 'enterprises.time_zone_identifier') }}
            else {{ mews.business_date('items.consumed_utc', 'enterprises') }}
        end as business_date,
        {{ mews.local_date('items.consumed_utc', 'enterprises.time_zone_identifier') }}
            as accounting_date
    from items
    inner join {{ ref('int_mews__enterprises') }} as enterprises
        on items.enterprise_id = enterprises.enterprise_id
    left join {{ ref('stg_mews__accounting_categories') }} as categories
        on items.accounting_category_id = categories.id

)

select
    item_id,
    item_type,
    enterprise_id,
    reservation_id,
    resource_category_id,
    service_id,
    product_id,
    accounting_category_id,
    classification,
    type,
    {{ mews.revenue_class('classified') }} as revenue_class,
    is_valid,
    is_canceled,
    rebated_item_id,
    business_date,
    accounting_date,
    currency,
    net,
    gross,
    amount
from classified
