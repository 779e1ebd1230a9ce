-- Generated from schemas/departments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('departments', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'IsActive': 'boolean',
        'Name': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    enterprise_id,
    is_active,
    name,
    created_utc,
    updated_utc,
    coalesce(is_active = false, false) as is_deleted
from typed
