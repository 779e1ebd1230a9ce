-- Generated from schemas/resource_categories.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('resource_categories', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'ServiceId': 'text',
        'IsActive': 'boolean',
        'Type': 'text',
        'Classification': 'text',
        'Names': 'json',
        'ShortNames': 'json',
        'Descriptions': 'json',
        'Ordering': 'integer',
        'Capacity': 'integer',
        'ExtraCapacity': 'integer',
        'ExternalIdentifier': 'text',
        'AccountingCategoryId': 'text',
    }) }}

)

select
    id,
    enterprise_id,
    service_id,
    is_active,
    type,
    classification,
    names,
    {{ mews.translated('names') }} as translated_name,
    short_names,
    {{ mews.translated('short_names') }} as translated_short_name,
    descriptions,
    {{ mews.translated('descriptions') }} as translated_description,
    ordering,
    capacity,
    extra_capacity,
    external_identifier,
    accounting_category_id,
    coalesce(is_active = false, false) as is_deleted
from typed
