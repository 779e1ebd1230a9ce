with room_categories as (

    select
        id as resource_category_id,
        type in ('{{ var('mews_room_types') | join("', '") }}') as is_room
    from {{ ref('stg_mews__resource_categories') }}

),

sources_of_groups as (

    select reservation_group_id, min(source_id) as source_id
    from {{ ref('stg_mews__reservation_group_source_assignments') }}
    where is_primary
    group by reservation_group_id

),

sources_of_reservations as (

    select reservation_id, min(source_id) as source_id
    from {{ ref('stg_mews__source_assignments') }}
    where is_primary
    group by reservation_id

)

select
    reservations.id as reservation_id,
    services.enterprise_id,
    reservations.service_id,
    reservations.number as reservation_number,
    reservations.group_id as reservation_group_id,
    reservations.state,
    reservations.is_canceled,
    reservations.cancellation_reason,
    reservations.created_utc,
    reservations.cancelled_utc,
    reservations.updated_utc,
    coalesce(rooms.resource_category_id, reservations.requested_resource_category_id)
        as resource_category_id,
    reservations.assigned_resource_id as resource_id,
    reservations.rate_id,
    reservations.business_segment_id,
    coalesce(
        sources_of_reservations.source_id, sources_of_groups.source_id
    ) as source_id,
    reservations.partner_company_id as company_id,
    reservations.travel_agency_id,
    reservations.origin,
    reservations.purpose,
    coalesce(room_categories.is_room, false) as is_room,
    not reservations.is_canceled
        and reservations.state in ('Confirmed', 'Started', 'Processed') as is_on_the_books,
    {{ mews.business_date('reservations.created_utc', 'enterprises') }} as created_date,
    {{ mews.business_date('reservations.cancelled_utc', 'enterprises') }} as canceled_date,
    {{ mews.business_date(
        'coalesce(reservations.scheduled_start_utc, reservations.start_utc)', 'enterprises'
    ) }} as arrival_date,
    -- Who leaves early has not slept in the nights that follow.
    least(
        {{ mews.business_date(
            'coalesce(reservations.scheduled_end_utc, reservations.end_utc)', 'enterprises'
        ) }},
        {{ mews.business_date(
            'coalesce(reservations.actual_end_utc, reservations.scheduled_end_utc,'
            ~ ' reservations.end_utc)', 'enterprises'
        ) }}
    ) as departure_date
from {{ ref('stg_mews__reservations') }} as reservations
inner join {{ ref('stg_mews__services') }} as services
    on reservations.service_id = services.id
inner join {{ ref('int_mews__enterprises') }} as enterprises
    on services.enterprise_id = enterprises.enterprise_id
left join {{ ref('int_mews__rooms') }} as rooms
    on reservations.assigned_resource_id = rooms.resource_id
left join room_categories
    on reservations.requested_resource_category_id = room_categories.resource_category_id
left join sources_of_reservations
    on reservations.id = sources_of_reservations.reservation_id
left join sources_of_groups
    on reservations.group_id = sources_of_groups.reservation_group_id
