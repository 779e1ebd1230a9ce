select
    id as enterprise_id,
    name as enterprise_name,
    coalesce(time_zone_identifier, 'UTC') as time_zone_identifier,
    {{ mews.duration('business_day_closing_offset') }} as closing_offset
from {{ ref('stg_mews__enterprises') }}
