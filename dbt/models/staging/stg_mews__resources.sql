-- Generated from schemas/resources.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('resources', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'IsActive': 'boolean',
        'ParentResourceId': 'text',
        'Name': 'text',
        'State': 'text',
        'Descriptions': 'json',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'DeletedUtc': 'timestamp',
        'Data': 'json',
        'ExternalNames': 'json',
        'Directions': 'json',
    }) }}

)

select
    id,
    enterprise_id,
    is_active,
    parent_resource_id,
    name,
    state,
    descriptions,
    {{ mews.translated('descriptions') }} as translated_description,
    created_utc,
    updated_utc,
    deleted_utc,
    data,
    {{ mews.json_text('data', ['Discriminator']) }} as data_discriminator,
    external_names,
    {{ mews.translated('external_names') }} as translated_external_name,
    directions,
    {{ mews.translated('directions') }} as translated_direction,
    coalesce(is_active = false or deleted_utc is not null, false) as is_deleted
from typed
