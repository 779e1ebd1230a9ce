-- Generated from schemas/custom_titles.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('custom_titles', {
        'Id': 'text',
        'ChainId': 'text',
        'CustomTitleGroupId': 'text',
        'Name': 'text',
        'Code': 'text',
        'IsActive': 'boolean',
    }) }}

)

select
    id,
    chain_id,
    custom_title_group_id,
    name,
    code,
    is_active,
    coalesce(is_active = false, false) as is_deleted
from typed
