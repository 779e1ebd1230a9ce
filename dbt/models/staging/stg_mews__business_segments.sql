-- Generated from schemas/business_segments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('business_segments', {
        'Id': 'text',
        'ServiceId': 'text',
        'IsActive': 'boolean',
        'Name': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    service_id,
    is_active,
    name,
    created_utc,
    updated_utc,
    coalesce(is_active = false, false) as is_deleted
from typed
