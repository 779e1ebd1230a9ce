-- Generated from schemas/service_overbooking_limits.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('service_overbooking_limits', {
        'Id': 'text',
        'ServiceId': 'text',
        'FirstTimeUnitStartUtc': 'timestamp',
        'LastTimeUnitStartUtc': 'timestamp',
        'Limit': 'integer',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'IsActive': 'boolean',
    }) }}

)

select
    id,
    service_id,
    first_time_unit_start_utc,
    last_time_unit_start_utc,
    "limit",
    created_utc,
    updated_utc,
    is_active,
    coalesce(is_active = false, false) as is_deleted
from typed
