-- Generated from schemas/product_categories.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('product_categories', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'ServiceId': 'text',
        'Names': 'json',
        'ShortNames': 'json',
        'Descriptions': 'json',
        'ParentProductCategory': 'json',
        'UpdatedUtc': 'timestamp',
        'CreatedUtc': 'timestamp',
        'Ordering': 'integer',
    }) }}

)

select
    id,
    enterprise_id,
    service_id,
    names,
    {{ mews.translated('names') }} as translated_name,
    short_names,
    {{ mews.translated('short_names') }} as translated_short_name,
    descriptions,
    {{ mews.translated('descriptions') }} as translated_description,
    parent_product_category,
    {{ mews.json_text('parent_product_category', ['Id']) }} as parent_product_category_id,
    updated_utc,
    created_utc,
    ordering
from typed
