with assigned as (

    select
        resources.id as resource_id,
        categories.enterprise_id,
        categories.id as resource_category_id,
        {{ mews.local_date('resources.created_utc', 'enterprises.time_zone_identifier') }}
            as first_date,
        {{ mews.local_date('resources.deleted_utc', 'enterprises.time_zone_identifier') }}
            as removed_date,
        row_number() over (
            partition by resources.id order by categories.ordering, categories.id
        ) as place
    from {{ ref('stg_mews__resources') }} as resources
    inner join {{ ref('stg_mews__resource_category_assignments') }} as assignments
        on resources.id = assignments.resource_id
    inner join {{ ref('stg_mews__resource_categories') }} as categories
        on assignments.category_id = categories.id
    inner join {{ ref('int_mews__enterprises') }} as enterprises
        on categories.enterprise_id = enterprises.enterprise_id
    where
        not categories.is_deleted
        and categories.type in ('{{ var('mews_room_types') | join("', '") }}')
        -- When a room without a DeletedUtc was closed, nobody can tell.
        and (not resources.is_deleted or resources.deleted_utc is not null)
        and (not assignments.is_deleted or resources.deleted_utc is not null)

)

select
    resource_id,
    enterprise_id,
    resource_category_id,
    first_date,
    removed_date
from assigned
where place = 1
