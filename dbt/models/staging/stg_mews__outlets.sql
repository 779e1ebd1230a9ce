-- Generated from schemas/outlets.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('outlets', {
        'Id': 'text',
        'IsActive': 'boolean',
        'Name': 'text',
        'EnterpriseId': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    is_active,
    name,
    enterprise_id,
    created_utc,
    updated_utc,
    coalesce(is_active = false, false) as is_deleted
from typed
