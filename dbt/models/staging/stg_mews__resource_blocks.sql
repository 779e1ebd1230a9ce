-- Generated from schemas/resource_blocks.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('resource_blocks', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'AssignedResourceId': 'text',
        'IsActive': 'boolean',
        'Type': 'text',
        'StartUtc': 'timestamp',
        'EndUtc': 'timestamp',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'DeletedUtc': 'timestamp',
        'Name': 'text',
        'Notes': 'text',
    }) }}

)

select
    id,
    enterprise_id,
    assigned_resource_id,
    is_active,
    type,
    start_utc,
    end_utc,
    created_utc,
    updated_utc,
    deleted_utc,
    name,
    notes,
    coalesce(is_active = false or deleted_utc is not null, false) as is_deleted
from typed
