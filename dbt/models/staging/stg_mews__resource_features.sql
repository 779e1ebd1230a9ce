-- Generated from schemas/resource_features.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('resource_features', {
        'Id': 'text',
        'ServiceId': 'text',
        'IsActive': 'boolean',
        'Classification': 'text',
        'Names': 'json',
        'ShortNames': 'json',
        'Descriptions': 'json',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    service_id,
    is_active,
    classification,
    names,
    {{ mews.translated('names') }} as translated_name,
    short_names,
    {{ mews.translated('short_names') }} as translated_short_name,
    descriptions,
    {{ mews.translated('descriptions') }} as translated_description,
    created_utc,
    updated_utc,
    coalesce(is_active = false, false) as is_deleted
from typed
