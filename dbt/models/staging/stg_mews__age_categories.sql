-- Generated from schemas/age_categories.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('age_categories', {
        'Id': 'text',
        'ServiceId': 'text',
        'MinimalAge': 'integer',
        'MaximalAge': 'integer',
        'Names': 'json',
        'ShortNames': 'json',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'Classification': 'text',
        'IsActive': 'boolean',
        'ExternalIdentifier': 'text',
    }) }}

)

select
    id,
    service_id,
    minimal_age,
    maximal_age,
    names,
    {{ mews.translated('names') }} as translated_name,
    short_names,
    {{ mews.translated('short_names') }} as translated_short_name,
    created_utc,
    updated_utc,
    classification,
    is_active,
    external_identifier,
    coalesce(is_active = false, false) as is_deleted
from typed
