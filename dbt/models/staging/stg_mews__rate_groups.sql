-- Generated from schemas/rate_groups.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('rate_groups', {
        'Id': 'text',
        'ServiceId': 'text',
        'IsActive': 'boolean',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'Ordering': 'integer',
        'Names': 'json',
        'ShortNames': 'json',
        'Descriptions': 'json',
        'ExternalIdentifier': 'text',
    }) }}

)

select
    id,
    service_id,
    is_active,
    created_utc,
    updated_utc,
    ordering,
    names,
    {{ mews.translated('names') }} as translated_name,
    short_names,
    {{ mews.translated('short_names') }} as translated_short_name,
    descriptions,
    {{ mews.translated('descriptions') }} as translated_description,
    external_identifier,
    coalesce(is_active = false, false) as is_deleted
from typed
