-- Generated from schemas/custom_title_groups.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('custom_title_groups', {
        'Id': 'text',
        'ChainId': 'text',
        'Name': 'text',
        'IsEditable': 'boolean',
        'IsActive': 'boolean',
    }) }}

)

select
    id,
    chain_id,
    name,
    is_editable,
    is_active,
    coalesce(is_active = false, false) as is_deleted
from typed
